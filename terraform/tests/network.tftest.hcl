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
  name                = "sluice"
  cidr                = "10.0.0.0/16"
  zones               = ["us-east-1a", "us-east-1b", "us-east-1c"]
  nat                 = "per-zone"
  interface_endpoints = []
  log_retention_days  = 90
  keep_logs           = true
}

run "network" {
  command = apply
  module {
    source = "./modules/network"
  }
  assert {
    condition     = length(aws_subnet.private) == 3 && length(aws_subnet.public) == 3
    error_message = "a private and a public subnet in each of three zones"
  }
  assert {
    condition     = [for zone in var.zones : aws_subnet.private[zone].cidr_block] == ["10.0.0.0/18", "10.0.64.0/18", "10.0.128.0/18"]
    error_message = "three quarters are private"
  }
  assert {
    condition     = [for zone in var.zones : aws_subnet.public[zone].cidr_block] == ["10.0.192.0/22", "10.0.196.0/22", "10.0.200.0/22"]
    error_message = "parts of the last quarter are public"
  }
  assert {
    condition     = alltrue([for zone, subnet in aws_subnet.private : subnet.availability_zone == zone])
    error_message = "each subnet is in its zone"
  }
  assert {
    condition     = alltrue([for subnet in aws_subnet.public : !subnet.map_public_ip_on_launch])
    error_message = "nothing gets a public address unasked"
  }
  assert {
    condition     = alltrue([for subnet in aws_subnet.private : subnet.tags["kubernetes.io/role/internal-elb"] == "1"])
    error_message = "internal load balancers find the private subnets"
  }
  assert {
    condition     = alltrue([for subnet in aws_subnet.public : subnet.tags["kubernetes.io/role/elb"] == "1"])
    error_message = "load balancers find the public subnets"
  }
  assert {
    condition     = length(aws_nat_gateway.this) == 3 && length(aws_route.private) == 3
    error_message = "a NAT gateway for each zone"
  }
  assert {
    condition     = alltrue([for zone, route in aws_route.private : route.nat_gateway_id == aws_nat_gateway.this[zone].id])
    error_message = "each zone leaves through its own gateway"
  }
  assert {
    condition     = aws_vpc_endpoint.s3.vpc_endpoint_type == "Gateway" && aws_vpc_endpoint.s3.service_name == "com.amazonaws.us-east-1.s3"
    error_message = "S3 is reached without NAT"
  }
  assert {
    condition     = length(aws_vpc_endpoint.interface) == 0 && length(aws_security_group.endpoints) == 0
    error_message = "no interface endpoints unless chosen"
  }
  assert {
    condition     = aws_flow_log.this.vpc_id == aws_vpc.this.id && aws_flow_log.this.traffic_type == "ALL" && aws_flow_log.this.log_destination == aws_cloudwatch_log_group.flow.arn
    error_message = "flow logs of the whole VPC are on"
  }
  assert {
    condition     = aws_cloudwatch_log_group.flow.retention_in_days == 90
    error_message = "flow logs have a retention"
  }
  assert {
    condition     = aws_cloudwatch_log_group.flow.skip_destroy
    error_message = "keep_logs keeps the flow logs"
  }
  assert {
    condition     = aws_vpc.this.enable_dns_hostnames && aws_vpc.this.enable_dns_support
    error_message = "names resolve to private endpoints"
  }
  assert {
    condition     = length(coalesce(aws_default_security_group.this.ingress, [])) == 0 && length(coalesce(aws_default_security_group.this.egress, [])) == 0
    error_message = "the default security group lets nothing through"
  }
}

run "single_nat" {
  command = apply
  module {
    source = "./modules/network"
  }
  variables {
    nat = "single"
  }
  assert {
    condition     = toset(keys(aws_nat_gateway.this)) == toset(["us-east-1a"])
    error_message = "one NAT gateway"
  }
  assert {
    condition     = alltrue([for route in aws_route.private : route.nat_gateway_id == aws_nat_gateway.this["us-east-1a"].id]) && length(aws_route.private) == 3
    error_message = "all zones leave through it"
  }
}

run "no_nat" {
  command = apply
  module {
    source = "./modules/network"
  }
  variables {
    nat                 = "none"
    interface_endpoints = ["ecr.api", "sts"]
  }
  assert {
    condition     = length(aws_nat_gateway.this) + length(aws_eip.nat) + length(aws_internet_gateway.this) + length(aws_route.private) + length(aws_route.public) == 0
    error_message = "no way to the internet"
  }
  assert {
    condition     = aws_vpc_endpoint.interface["ecr.api"].service_name == "com.amazonaws.us-east-1.ecr.api" && aws_vpc_endpoint.interface["ecr.api"].private_dns_enabled
    error_message = "endpoints under the usual names"
  }
  assert {
    # OpenTofu's mocks give all subnets one ID, so that counting them says nothing.
    condition     = aws_vpc_endpoint.interface["sts"].subnet_ids == toset([for subnet in aws_subnet.private : subnet.id]) && length(aws_subnet.private) == 3
    error_message = "endpoints in each zone"
  }
  assert {
    condition     = aws_vpc_security_group_ingress_rule.endpoints[0].cidr_ipv4 == "10.0.0.0/16" && aws_vpc_security_group_ingress_rule.endpoints[0].from_port == 443 && aws_vpc_security_group_ingress_rule.endpoints[0].to_port == 443
    error_message = "endpoints are reached from the VPC only, by HTTPS"
  }
}
