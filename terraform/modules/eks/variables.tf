# The root module checks the values and describes them at length.
variable "name" {
  description = "Name of the cluster; begins the names of what belongs to it."
  type        = string
}

variable "kubernetes_version" {
  description = "Minor version of Kubernetes."
  type        = string
}

variable "vpc_id" {
  description = "ID of the VPC."
  type        = string
}

variable "subnet_ids" {
  description = "ID of the private subnet of each zone: the zones are the keys."
  type        = map(string)
}

variable "public_endpoint_cidrs" {
  description = "IPv4 ranges that reach the API server from the internet; none when empty."
  type        = list(string)
}

variable "cluster_creator_is_admin" {
  description = "Whether who creates the cluster may do everything in it."
  type        = bool
}

variable "access_entries" {
  description = "Who else may use the cluster."
  type = map(object({
    principal_arn = string
    policy        = string
    namespaces    = list(string)
  }))
}

variable "node_pools" {
  description = "Pools of nodes, each a node group in every zone."
  type = map(object({
    instance_types = list(string)
    spot           = bool
    dedicated      = bool
    per_zone       = number
    max_per_zone   = optional(number)
    disk_gib       = number
  }))
}

variable "shared_storage" {
  description = "Whether to make an EFS file system."
  type        = bool
}

variable "snapshots" {
  description = "Bucket of Elasticsearch's snapshots; none when null."
  type = object({
    bucket            = string
    service_account   = string
    keep_deleted_days = number
  })
}

variable "irsa" {
  description = "Whether to make an IAM OpenID Connect provider."
  type        = bool
}

variable "log_retention_days" {
  description = "How long CloudWatch keeps the control plane's logs."
  type        = number
}

variable "deletion_protection" {
  description = "Whether AWS refuses to delete the cluster."
  type        = bool
}

variable "keep_logs" {
  description = "Whether the log group stays in AWS when all else is destroyed."
  type        = bool
}
