# With a real provider or a stand-in, which gives the schemas: nothing reaches AWS.
mock_provider "aws" {
  mock_data "aws_availability_zones" {
    defaults = { names = ["us-east-1a", "us-east-1b", "us-east-1c"] }
  }
  mock_resource "aws_eks_cluster" {
    defaults = {
      certificate_authority = [{ data = "bW9jaw==" }]
      identity              = [{ oidc = [{ issuer = "https://issuer.invalid" }] }]
    }
  }
}

# Each run replaces one of these by a value that must be refused.
variables {
  region      = "us-east-1"
  environment = "dev"
}

run "region_bad_1" {
  command = plan
  variables {
    region = "us east"
  }
  expect_failures = [var.region]
}

run "region_bad_2" {
  command = plan
  variables {
    region = "us-east"
  }
  expect_failures = [var.region]
}

run "region_bad_3" {
  command = plan
  variables {
    region = ""
  }
  expect_failures = [var.region]
}

run "cluster_name_bad_1" {
  command = plan
  variables {
    cluster_name = "Sluice"
  }
  expect_failures = [var.cluster_name]
}

run "cluster_name_bad_2" {
  command = plan
  variables {
    cluster_name = "1sluice"
  }
  expect_failures = [var.cluster_name]
}

run "cluster_name_bad_3" {
  command = plan
  variables {
    cluster_name = "a-name-that-has-more-than-32-chars"
  }
  expect_failures = [var.cluster_name]
}

run "environment_bad_1" {
  command = plan
  variables {
    environment = "production"
  }
  expect_failures = [var.environment]
}

run "environment_bad_2" {
  command = plan
  variables {
    environment = ""
  }
  expect_failures = [var.environment]
}

run "kubernetes_version_bad_1" {
  command = plan
  variables {
    kubernetes_version = "1.29"
  }
  expect_failures = [var.kubernetes_version]
}

run "kubernetes_version_bad_2" {
  command = plan
  variables {
    kubernetes_version = "1.35.4"
  }
  expect_failures = [var.kubernetes_version]
}

run "kubernetes_version_bad_3" {
  command = plan
  variables {
    kubernetes_version = "v1.35"
  }
  expect_failures = [var.kubernetes_version]
}

run "kubernetes_version_bad_4" {
  command = plan
  variables {
    kubernetes_version = "latest"
  }
  expect_failures = [var.kubernetes_version]
}

run "tags_bad_1" {
  command = plan
  variables {
    tags = { "aws:owner" = "me" }
  }
  expect_failures = [var.tags]
}

run "vpc_cidr_bad_1" {
  command = plan
  variables {
    vpc_cidr = "10.0.0.0/8"
  }
  expect_failures = [var.vpc_cidr]
}

run "vpc_cidr_bad_2" {
  command = plan
  variables {
    vpc_cidr = "10.0.0.0/24"
  }
  expect_failures = [var.vpc_cidr]
}

run "vpc_cidr_bad_3" {
  command = plan
  variables {
    vpc_cidr = "10.0.0.0"
  }
  expect_failures = [var.vpc_cidr]
}

run "vpc_cidr_bad_4" {
  command = plan
  variables {
    vpc_cidr = "fd00::/16"
  }
  expect_failures = [var.vpc_cidr]
}

run "availability_zones_bad_1" {
  command = plan
  variables {
    availability_zones = ["us-east-1a"]
  }
  expect_failures = [var.availability_zones]
}

run "availability_zones_bad_2" {
  command = plan
  variables {
    availability_zones = ["us-east-1a", "us-east-1a", "us-east-1b"]
  }
  expect_failures = [var.availability_zones]
}

run "availability_zones_bad_3" {
  command = plan
  variables {
    availability_zones = ["us-east-1a", "us-east-1b", "us-east-1c", "us-east-1d"]
  }
  expect_failures = [var.availability_zones]
}

run "interface_endpoints_bad_1" {
  command = plan
  variables {
    interface_endpoints = ["ecr"]
  }
  expect_failures = [var.interface_endpoints]
}

run "public_endpoint_cidrs_bad_1" {
  command = plan
  variables {
    public_endpoint_cidrs = ["0.0.0.0/0"]
  }
  expect_failures = [var.public_endpoint_cidrs]
}

run "public_endpoint_cidrs_bad_2" {
  command = plan
  variables {
    public_endpoint_cidrs = ["0.0.0.0/1", "128.0.0.0/1"]
  }
  expect_failures = [var.public_endpoint_cidrs]
}

run "public_endpoint_cidrs_bad_3" {
  command = plan
  variables {
    public_endpoint_cidrs = ["203.0.113.7"]
  }
  expect_failures = [var.public_endpoint_cidrs]
}

run "public_endpoint_cidrs_bad_4" {
  command = plan
  variables {
    public_endpoint_cidrs = ["::/0"]
  }
  expect_failures = [var.public_endpoint_cidrs]
}

run "log_retention_days_bad_1" {
  command = plan
  variables {
    log_retention_days = 0
  }
  expect_failures = [var.log_retention_days]
}

run "log_retention_days_bad_2" {
  command = plan
  variables {
    log_retention_days = 100
  }
  expect_failures = [var.log_retention_days]
}

run "access_entries_bad_1" {
  command = plan
  variables {
    access_entries = { me = { principal_arn = "me" } }
  }
  expect_failures = [var.access_entries]
}

run "access_entries_bad_2" {
  command = plan
  variables {
    access_entries = { me = { principal_arn = "arn:aws:iam::111122223333:role/me", policy = "Admin" } }
  }
  expect_failures = [var.access_entries]
}

run "node_pools_bad_1" {
  command = plan
  variables {
    node_pools = { General = { instance_types = ["m6i.xlarge"], per_zone = 1 } }
  }
  expect_failures = [var.node_pools]
}

run "node_pools_bad_2" {
  command = plan
  variables {
    node_pools = { stateful = { instance_types = ["r6i.xlarge"], per_zone = 1, dedicated = true } }
  }
  expect_failures = [var.node_pools]
}

run "node_pools_bad_3" {
  command = plan
  variables {
    node_pools = { general = { instance_types = [], per_zone = 1 } }
  }
  expect_failures = [var.node_pools]
}

run "node_pools_bad_4" {
  command = plan
  variables {
    node_pools = { general = { instance_types = ["big"], per_zone = 1 } }
  }
  expect_failures = [var.node_pools]
}

run "node_pools_bad_5" {
  command = plan
  variables {
    node_pools = { general = { instance_types = ["m6i.xlarge"], per_zone = 0 } }
  }
  expect_failures = [var.node_pools]
}

run "node_pools_bad_6" {
  command = plan
  variables {
    node_pools = { general = { instance_types = ["m6i.xlarge"], per_zone = 1.5 } }
  }
  expect_failures = [var.node_pools]
}

run "node_pools_bad_7" {
  command = plan
  variables {
    node_pools = { general = { instance_types = ["m6i.xlarge"], per_zone = 2, max_per_zone = 1 } }
  }
  expect_failures = [var.node_pools]
}

run "node_pools_bad_8" {
  command = plan
  variables {
    node_pools = { general = { instance_types = ["m6i.xlarge"], per_zone = 1, disk_gib = 10 } }
  }
  expect_failures = [var.node_pools]
}

run "nat_bad_1" {
  command = plan
  variables {
    nat = "gateway"
  }
  expect_failures = [var.nat]
}

run "nat_bad_2" {
  command = plan
  variables {
    nat = "none"
  }
  expect_failures = [var.nat]
}

run "cluster_creator_is_admin_bad_1" {
  command = plan
  variables {
    cluster_creator_is_admin = false
  }
  expect_failures = [var.cluster_creator_is_admin]
}

run "snapshots_bad_1" {
  command = plan
  variables {
    irsa      = true
    snapshots = { bucket = "Mine" }
  }
  expect_failures = [var.snapshots]
}

run "snapshots_bad_2" {
  command = plan
  variables {
    irsa      = true
    snapshots = { bucket = "mine", service_account = "elasticsearch" }
  }
  expect_failures = [var.snapshots]
}

run "snapshots_bad_3" {
  command = plan
  variables {
    irsa      = true
    snapshots = { bucket = "mine", keep_deleted_days = 0 }
  }
  expect_failures = [var.snapshots]
}

run "snapshots_bad_4" {
  command = plan
  variables {
    irsa      = false
    snapshots = { bucket = "mine" }
  }
  expect_failures = [var.snapshots]
}
