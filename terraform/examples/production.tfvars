# What values/values-prod.yaml is made for. Set public_endpoint_cidrs to your VPN's and access_entries to your own roles.
region                   = "us-east-1"
cluster_name             = "sluice"
environment              = "prod"
public_endpoint_cidrs    = ["203.0.113.0/24"]
interface_endpoints      = ["ecr.api", "ecr.dkr"]
cluster_creator_is_admin = false
irsa                     = true
snapshots                = { bucket = "example-sluice-snapshots" }
access_entries = {
  platform = { principal_arn = "arn:aws:iam::111122223333:role/platform" }
  support  = { principal_arn = "arn:aws:iam::111122223333:role/support", policy = "AmazonEKSViewPolicy", namespaces = ["sluice"] }
}
