variable "region" {
  description = "AWS region of everything."
  type        = string
  nullable    = false
  validation {
    condition     = can(regex("^[a-z]{2,3}(-[a-z]+)+-[0-9]$", var.region))
    error_message = "region must be the code of an AWS region: set it to one such as \"us-east-1\"."
  }
}

variable "cluster_name" {
  description = "Name of the cluster; also begins the names of what belongs to it."
  type        = string
  default     = "sluice"
  nullable    = false
  validation {
    # Names of IAM roles are made from it, and end after 64 characters.
    condition     = can(regex("^[a-z][a-z0-9-]{0,31}$", var.cluster_name))
    error_message = "cluster_name must start with a letter and have at most 32 lower-case letters, digits and hyphens: set it to one such as \"sluice\"."
  }
}

variable "environment" {
  description = "What the cluster is for: dev, staging or prod. In prod deletion_protection and keep_logs are on unless they are set."
  type        = string
  nullable    = false
  validation {
    condition     = contains(["dev", "staging", "prod"], var.environment)
    error_message = "environment must be dev, staging or prod: set it to one of them."
  }
}

variable "kubernetes_version" {
  description = "Minor version of Kubernetes. The add-ons follow it."
  type        = string
  default     = "1.35"
  nullable    = false
  validation {
    condition     = can(regex("^1\\.[1-9][0-9]$", var.kubernetes_version)) && try(tonumber(split(".", var.kubernetes_version)[1]) >= 30, false)
    error_message = "kubernetes_version must be a minor version that the chart supports, 1.30 or later and without a patch: set it to one such as \"1.35\"."
  }
}

variable "tags" {
  description = "Tags of everything, beside cluster and environment."
  type        = map(string)
  default     = {}
  nullable    = false
  validation {
    condition     = alltrue([for key in keys(var.tags) : !startswith(lower(key), "aws:") && length(key) <= 128])
    error_message = "tags must not start with \"aws:\", which AWS keeps for itself, nor have more than 128 characters: choose other keys."
  }
}

variable "vpc_cidr" {
  description = "IPv4 range of the VPC. A quarter of it goes to the private subnet of each zone, for nodes and pods."
  type        = string
  default     = "10.0.0.0/16"
  nullable    = false
  validation {
    condition     = can(cidrnetmask(var.vpc_cidr)) && try(tonumber(split("/", var.vpc_cidr)[1]) >= 16 && tonumber(split("/", var.vpc_cidr)[1]) <= 20, false)
    error_message = "vpc_cidr must be an IPv4 range from /16 to /20: set it to one such as \"10.0.0.0/16\"."
  }
}

variable "availability_zones" {
  description = "The three zones to use; the region's first three when empty."
  type        = list(string)
  default     = []
  nullable    = false
  validation {
    condition     = length(var.availability_zones) == 0 || length(distinct(var.availability_zones)) == 3 && length(var.availability_zones) == 3
    error_message = "availability_zones must be three different zones, since values-prod.yaml has one replica in each: set it to some such as [\"us-east-1a\", \"us-east-1b\", \"us-east-1c\"], or leave it empty."
  }
}

variable "nat" {
  description = "NAT gateways: per-zone (a lost zone takes no other's way out), single (cheaper), or none (nothing reaches the internet; interface_endpoints lead to AWS)."
  type        = string
  default     = "per-zone"
  nullable    = false
  validation {
    condition     = contains(["per-zone", "single", "none"], var.nat)
    error_message = "nat must be per-zone, single or none: set it to one of them."
  }
  validation {
    condition     = var.nat != "none" || length(setsubtract(["ec2", "ecr.api", "ecr.dkr", "eks", "eks-auth", "elasticfilesystem", "sts"], var.interface_endpoints)) == 0
    error_message = "nat = \"none\" leaves nodes no way to AWS but interface_endpoints: set it to at least [\"ec2\", \"ecr.api\", \"ecr.dkr\", \"eks\", \"eks-auth\", \"elasticfilesystem\", \"sts\"]."
  }
}

variable "interface_endpoints" {
  description = "AWS services that are reached inside the VPC, without a NAT gateway. S3 always is."
  type        = set(string)
  default     = []
  nullable    = false
  validation {
    condition = length(setsubtract(var.interface_endpoints, [
      "autoscaling", "ec2", "ecr.api", "ecr.dkr", "eks", "eks-auth", "elasticfilesystem", "elasticloadbalancing", "kms", "logs", "ssm", "sts",
    ])) == 0
    error_message = "interface_endpoints may have autoscaling, ec2, ecr.api, ecr.dkr, eks, eks-auth, elasticfilesystem, elasticloadbalancing, kms, logs, ssm and sts: remove the others."
  }
}

variable "public_endpoint_cidrs" {
  description = "IPv4 ranges that reach the API server from the internet. When empty it is reached from inside the VPC only."
  type        = list(string)
  default     = []
  nullable    = false
  validation {
    # /8 is the widest that one owner has; shorter ones, in pairs, are the whole internet.
    condition     = alltrue([for cidr in var.public_endpoint_cidrs : can(cidrnetmask(cidr)) && try(tonumber(split("/", cidr)[1]) >= 8, false)])
    error_message = "public_endpoint_cidrs must be IPv4 ranges of /8 or smaller, never 0.0.0.0/0: set it to those of your offices or VPN, such as [\"203.0.113.0/24\"]."
  }
}

variable "cluster_creator_is_admin" {
  description = "Whether who creates the cluster may do everything in it. Set at creation only; when false, set access_entries."
  type        = bool
  default     = true
  nullable    = false
  validation {
    condition     = var.cluster_creator_is_admin || length(var.access_entries) > 0
    error_message = "cluster_creator_is_admin = false leaves nobody who may use the cluster: set access_entries, or set it to true."
  }
}

variable "access_entries" {
  description = "Who else may use the cluster: IAM roles or users, each with one of EKS' access policies, in the whole cluster or in some namespaces."
  type = map(object({
    principal_arn = string
    policy        = optional(string, "AmazonEKSClusterAdminPolicy")
    namespaces    = optional(list(string), [])
  }))
  default  = {}
  nullable = false
  validation {
    condition     = alltrue([for entry in var.access_entries : can(regex("^arn:aws[a-z-]*:iam::[0-9]{12}:(role|user)/.+$", entry.principal_arn))])
    error_message = "access_entries' principal_arn must be the ARN of an IAM role or user: set it to one such as \"arn:aws:iam::111122223333:role/admin\"."
  }
  validation {
    condition = alltrue([for entry in var.access_entries : contains([
      "AmazonEKSClusterAdminPolicy", "AmazonEKSAdminPolicy", "AmazonEKSAdminViewPolicy", "AmazonEKSEditPolicy", "AmazonEKSViewPolicy",
    ], entry.policy)])
    error_message = "access_entries' policy must be AmazonEKSClusterAdminPolicy, AmazonEKSAdminPolicy, AmazonEKSAdminViewPolicy, AmazonEKSEditPolicy or AmazonEKSViewPolicy: set it to one of them."
  }
}

variable "node_pools" {
  description = "Pools of nodes, each a node group in every zone. Their name is the label sluice/pool, which global.pools of the chart's values chooses; a dedicated pool has it as a taint too. Stands for all of them: to change one, set all."
  type = map(object({
    instance_types = list(string)
    spot           = optional(bool, false)
    dedicated      = optional(bool, false)
    per_zone       = number
    max_per_zone   = optional(number)     # for an autoscaler; per_zone when not set
    disk_gib       = optional(number, 50) # images and logs; data has volumes of its own
  }))
  # What values-prod.yaml is made for. Spot instances of one type are taken away together, so there are four.
  default = {
    stateful = { instance_types = ["r6i.xlarge"], dedicated = true, per_zone = 2 }
    general  = { instance_types = ["m6i.xlarge"], per_zone = 1, max_per_zone = 3 }
    spark    = { instance_types = ["m6i.xlarge", "m5.xlarge", "m6a.xlarge", "m5a.xlarge"], spot = true, dedicated = true, per_zone = 1, max_per_zone = 3 }
  }
  nullable = false
  validation {
    condition     = alltrue([for name in keys(var.node_pools) : can(regex("^[a-z][a-z0-9-]{0,19}$", name))])
    error_message = "node_pools' names must start with a letter and have at most 20 lower-case letters, digits and hyphens: rename them."
  }
  validation {
    condition     = anytrue([for pool in var.node_pools : !pool.dedicated])
    error_message = "node_pools must have one that is not dedicated, for what tolerates no taint, such as CoreDNS: set dedicated of one to false."
  }
  validation {
    condition     = alltrue([for pool in var.node_pools : length(pool.instance_types) > 0 && alltrue([for type in pool.instance_types : can(regex("^[a-z0-9-]+\\.[a-z0-9]+$", type))])])
    error_message = "node_pools' instance_types must name EC2 instance types: set them to some such as [\"m6i.xlarge\"]."
  }
  validation {
    condition     = alltrue([for pool in var.node_pools : pool.per_zone >= 1 && floor(pool.per_zone) == pool.per_zone && coalesce(pool.max_per_zone, pool.per_zone) >= pool.per_zone])
    error_message = "node_pools' per_zone must be a whole number of at least 1, and max_per_zone no less than it: raise them."
  }
  validation {
    condition     = alltrue([for pool in var.node_pools : pool.disk_gib >= 20])
    error_message = "node_pools' disk_gib must be at least 20, since images and logs of containers lie there: raise it."
  }
}

variable "shared_storage" {
  description = "Whether to make an EFS file system, for volumes that several nodes mount: Spark's, in values-prod.yaml."
  type        = bool
  default     = true
  nullable    = false
}

variable "snapshots" {
  description = "Bucket that is made for Elasticsearch's snapshots, with a role for the service account (namespace:name) of its nodes; none when null. Needs irsa. What Elasticsearch deletes can be got back for keep_deleted_days."
  type = object({
    bucket            = string
    service_account   = optional(string, "sluice:sluice-elasticsearch")
    keep_deleted_days = optional(number, 7)
  })
  default = null
  validation {
    condition     = var.snapshots == null || can(regex("^[a-z0-9][a-z0-9-]{1,61}[a-z0-9]$", var.snapshots.bucket))
    error_message = "snapshots' bucket must have 3 to 63 lower-case letters, digits and hyphens: set it to one that nobody else has, such as \"example-sluice-snapshots\"."
  }
  validation {
    condition     = var.snapshots == null || can(regex("^[a-z0-9-]+:[a-z0-9-]+$", var.snapshots.service_account))
    error_message = "snapshots' service_account must be a namespace and a name: set it to one such as \"sluice:sluice-elasticsearch\"."
  }
  validation {
    condition     = var.snapshots == null || try(var.snapshots.keep_deleted_days >= 1 && floor(var.snapshots.keep_deleted_days) == var.snapshots.keep_deleted_days, false)
    error_message = "snapshots' keep_deleted_days must be a whole number of at least 1: raise it."
  }
  validation {
    condition     = var.snapshots == null || var.irsa
    error_message = "snapshots needs an IAM OpenID Connect provider, since Elasticsearch 8 can't use EKS Pod Identity: set irsa to true."
  }
}

variable "irsa" {
  description = "Whether to make an IAM OpenID Connect provider, for workloads that can't use EKS Pod Identity yet."
  type        = bool
  default     = false
  nullable    = false
}

variable "log_retention_days" {
  description = "How long CloudWatch keeps the control plane's logs and the VPC's flow logs."
  type        = number
  default     = 90
  nullable    = false
  validation {
    condition     = contains([1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653], var.log_retention_days)
    error_message = "log_retention_days must be a number of days that CloudWatch offers: set it to one such as 30, 90 or 365."
  }
}

variable "deletion_protection" {
  description = "Whether AWS refuses to delete the cluster until this is applied as false. On in prod when not set."
  type        = bool
  default     = null
}

variable "keep_logs" {
  description = "Whether the log groups stay in AWS when all else is destroyed. On in prod when not set."
  type        = bool
  default     = null
}
