# Nothing reaches the internet, nor is reached from it: images come from ECR, and kubectl runs inside the VPC, or in a
# network that is connected to it.
region       = "us-east-1"
cluster_name = "sluice"
environment  = "prod"
nat          = "none"
interface_endpoints = [
  "autoscaling", "ec2", "ecr.api", "ecr.dkr", "eks", "eks-auth", "elasticfilesystem", "elasticloadbalancing", "kms", "logs", "ssm", "sts",
]
