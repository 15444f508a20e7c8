// Pins KEDA, whose definition of a ScaledObject the tests read out of the module. Nothing of it is built.
module sluice/tools/keda

go 1.26.0

require github.com/kedacore/keda/v2 v2.17.2
