output "vpc_id" {
  description = "ID of the VPC."
  value       = module.network.vpc_id
}

output "private_subnet_ids" {
  description = "ID of the private subnet of each zone, where the nodes are."
  value       = module.network.private_subnet_ids
}

output "public_subnet_ids" {
  description = "ID of the public subnet of each zone, where internet-facing load balancers are."
  value       = module.network.public_subnet_ids
}

output "cluster_name" {
  description = "Name of the cluster."
  value       = module.eks.cluster_name
}

output "cluster_endpoint" {
  description = "URL of the API server."
  value       = module.eks.cluster_endpoint
}

output "cluster_certificate_authority_data" {
  description = "Certificate of the authority that the API server is signed by, in base64."
  value       = module.eks.cluster_certificate_authority_data
}

output "cluster_security_group_id" {
  description = "Security group of the control plane and of all nodes. EKS makes it."
  value       = module.eks.cluster_security_group_id
}

output "oidc_issuer" {
  description = "URL of the cluster's OpenID Connect issuer."
  value       = module.eks.oidc_issuer
}

output "oidc_provider_arn" {
  description = "ARN of the IAM OpenID Connect provider; null unless irsa is true."
  value       = module.eks.oidc_provider_arn
}

output "snapshots_role_arn" {
  description = "ARN of the role that lets Elasticsearch use the bucket of its snapshots; null without snapshots."
  value       = module.eks.snapshots_role_arn
}

output "storage_classes" {
  description = "Manifests of the storage classes gp3 (encrypted, the default) and, with shared_storage, efs. For kubectl apply."
  value       = module.eks.storage_classes
}

output "update_kubeconfig" {
  description = "The command that lets kubectl and helm use the cluster."
  value       = "aws eks update-kubeconfig --region ${var.region} --name ${module.eks.cluster_name}"
}
