terraform {
  # 1.10 is the first in which the S3 backend locks with a file (use_lockfile). OpenTofu has the same numbers.
  required_version = ">= 1.10"
  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = "~> 6.28"
    }
  }
}

provider "aws" {
  region = var.region
  default_tags {
    tags = merge({ cluster = var.cluster_name, environment = var.environment }, var.tags)
  }
}
