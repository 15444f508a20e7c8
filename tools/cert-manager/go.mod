// Pins cert-manager, whose definitions the tests read out of the module. Nothing of it is built.
module sluice/tools/cert-manager

go 1.26.0

require github.com/cert-manager/cert-manager v1.18.2
