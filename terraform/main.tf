data "aws_availability_zones" "available" {
  state = "available"
  # Without local zones: EKS can't have its control plane there.
  filter {
    name   = "opt-in-status"
    values = ["opt-in-not-required"]
  }
}

locals {
  zones = length(var.availability_zones) > 0 ? var.availability_zones : slice(sort(data.aws_availability_zones.available.names), 0, 3)
  prod  = var.environment == "prod"

  deletion_protection = coalesce(var.deletion_protection, local.prod)
  keep_logs           = coalesce(var.keep_logs, local.prod)
}

module "network" {
  source = "./modules/network"

  name                = var.cluster_name
  cidr                = var.vpc_cidr
  zones               = local.zones
  nat                 = var.nat
  interface_endpoints = var.interface_endpoints
  log_retention_days  = var.log_retention_days
  keep_logs           = local.keep_logs
}

module "eks" {
  source = "./modules/eks"

  name                     = var.cluster_name
  kubernetes_version       = var.kubernetes_version
  vpc_id                   = module.network.vpc_id
  subnet_ids               = module.network.private_subnet_ids
  public_endpoint_cidrs    = var.public_endpoint_cidrs
  cluster_creator_is_admin = var.cluster_creator_is_admin
  access_entries           = var.access_entries
  node_pools               = var.node_pools
  shared_storage           = var.shared_storage
  snapshots                = var.snapshots
  irsa                     = var.irsa
  log_retention_days       = var.log_retention_days
  deletion_protection      = local.deletion_protection
  keep_logs                = local.keep_logs
}
