output "vpc_id" {
  description = "ID of the VPC."
  value       = aws_vpc.this.id
}

output "private_subnet_ids" {
  description = "ID of the private subnet of each zone."
  # Nothing may start in a subnet that can't reach AWS yet.
  value      = { for zone, subnet in aws_subnet.private : zone => subnet.id }
  depends_on = [aws_route.private, aws_route_table_association.private, aws_vpc_endpoint.s3, aws_vpc_endpoint.interface]
}

output "public_subnet_ids" {
  description = "ID of the public subnet of each zone."
  value       = { for zone, subnet in aws_subnet.public : zone => subnet.id }
}
