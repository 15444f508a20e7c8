# The root module checks the values and describes them at length.
variable "name" {
  description = "Begins the names of everything."
  type        = string
}

variable "cidr" {
  description = "IPv4 range of the VPC, from /16 to /20."
  type        = string
}

variable "zones" {
  description = "The three availability zones."
  type        = list(string)
}

variable "nat" {
  description = "NAT gateways: per-zone, single or none."
  type        = string
}

variable "interface_endpoints" {
  description = "AWS services that are reached inside the VPC."
  type        = set(string)
}

variable "log_retention_days" {
  description = "How long CloudWatch keeps the flow logs."
  type        = number
}

variable "keep_logs" {
  description = "Whether the log group stays in AWS when all else is destroyed."
  type        = bool
}
