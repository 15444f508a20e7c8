# With a real provider or a stand-in, which gives the schemas: nothing reaches AWS.
mock_provider "aws" {
  mock_data "aws_availability_zones" {
    defaults = { names = ["us-east-1d", "us-east-1c", "us-east-1b", "us-east-1a"] }
  }
  mock_data "aws_iam_policy_document" {
    defaults = { json = "{\"Version\":\"2012-10-17\",\"Statement\":[]}" }
  }
  mock_data "aws_partition" {
    defaults = { partition = "aws" }
  }
  mock_data "aws_region" {
    defaults = { region = "us-east-1" }
  }
  mock_resource "aws_cloudwatch_log_group" {
    defaults = { arn = "arn:aws:logs:us-east-1:123456789012:log-group:mock" }
  }
  mock_resource "aws_eks_cluster" {
    defaults = {
      endpoint              = "https://mock.invalid"
      certificate_authority = [{ data = "bW9jaw==" }]
      identity              = [{ oidc = [{ issuer = "https://issuer.invalid" }] }]
    }
  }
  mock_resource "aws_iam_role" {
    defaults = { arn = "arn:aws:iam::123456789012:role/mock" }
  }
  mock_resource "aws_kms_key" {
    defaults = { arn = "arn:aws:kms:us-east-1:123456789012:key/00000000-0000-0000-0000-000000000000" }
  }
  mock_resource "aws_launch_template" {
    defaults = { id = "lt-0123456789abcdef0", latest_version = 1 }
  }
}

variables {
  region      = "us-east-1"
  environment = "dev"
}

run "smallest" {
  command = plan
  assert {
    condition     = !local.prod
    error_message = "dev is not prod"
  }
  assert {
    condition     = local.zones == tolist(["us-east-1a", "us-east-1b", "us-east-1c"])
    error_message = "without availability_zones: the first three of the region"
  }
  assert {
    condition     = toset(keys(var.node_pools)) == toset(["stateful", "general", "spark"])
    error_message = "the pools of values-prod.yaml"
  }
}

run "prod" {
  command = plan
  variables {
    region             = "us-gov-west-1"
    cluster_name       = "name-of-exactly-32-characters-ab"
    environment        = "prod"
    kubernetes_version = "1.30"
    tags               = { owner = "me" }
    vpc_cidr           = "172.16.0.0/20"
    availability_zones = ["us-gov-west-1a", "us-gov-west-1b", "us-gov-west-1c"]
  }
  assert {
    condition     = local.prod
    error_message = "prod"
  }
  assert {
    condition     = local.zones[2] == "us-gov-west-1c"
    error_message = "the zones that were set"
  }
}

run "staging" {
  command = plan
  variables {
    environment              = "staging"
    nat                      = "single"
    public_endpoint_cidrs    = ["203.0.113.7/32", "10.0.0.0/8"]
    interface_endpoints      = ["ecr.api", "kms"]
    cluster_creator_is_admin = false
    access_entries = {
      admins = { principal_arn = "arn:aws:iam::111122223333:role/team/admin" }
      robot  = { principal_arn = "arn:aws:iam::111122223333:user/robot", policy = "AmazonEKSEditPolicy", namespaces = ["sluice"] }
    }
    log_retention_days = 3653
    shared_storage     = false
    snapshots          = { bucket = "example-snapshots" }
    irsa               = true
  }
  assert {
    condition     = !local.prod
    error_message = "staging is not prod"
  }
}

run "no_nat" {
  command = plan
  variables {
    nat                 = "none"
    interface_endpoints = ["ec2", "ecr.api", "ecr.dkr", "eks", "eks-auth", "elasticfilesystem", "sts"]
  }
}

run "own_pools" {
  command = plan
  variables {
    node_pools = {
      general = { instance_types = ["m7i.2xlarge", "m7i-flex.2xlarge"], per_zone = 2, max_per_zone = 5, disk_gib = 20, spot = true }
    }
  }
}

run "protection_chosen" {
  command = plan
  variables {
    environment         = "prod"
    deletion_protection = false
    keep_logs           = false
  }
  assert {
    condition     = !local.deletion_protection && !local.keep_logs
    error_message = "what is set wins over the environment"
  }
}
