# A cluster to try things on: one NAT gateway, and what is destroyed is gone. Set public_endpoint_cidrs to your own address.
region                = "us-east-1"
cluster_name          = "sluice-dev"
environment           = "dev"
nat                   = "single"
shared_storage        = false
log_retention_days    = 7
public_endpoint_cidrs = ["203.0.113.7/32"]
node_pools = {
  general = { instance_types = ["m6i.xlarge"], per_zone = 1 }
}
