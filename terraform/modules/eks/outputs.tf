output "cluster_name" {
  description = "Name of the cluster."
  value       = aws_eks_cluster.this.name
}

output "cluster_endpoint" {
  description = "URL of the API server."
  value       = aws_eks_cluster.this.endpoint
}

output "cluster_certificate_authority_data" {
  description = "Certificate of the authority that the API server is signed by, in base64."
  value       = aws_eks_cluster.this.certificate_authority[0].data
}

output "cluster_security_group_id" {
  description = "Security group of the control plane and of all nodes."
  value       = aws_eks_cluster.this.vpc_config[0].cluster_security_group_id
}

output "oidc_issuer" {
  description = "URL of the cluster's OpenID Connect issuer."
  value       = aws_eks_cluster.this.identity[0].oidc[0].issuer
}

output "oidc_provider_arn" {
  description = "ARN of the IAM OpenID Connect provider; null without one."
  value       = one(aws_iam_openid_connect_provider.this[*].arn)
}

output "snapshots_role_arn" {
  description = "ARN of the role of Elasticsearch's service account; null without snapshots."
  value       = one(aws_iam_role.snapshots[*].arn)
}

output "storage_classes" {
  description = "Manifests of the storage classes."
  value = templatefile("${path.module}/storage_classes.yaml.tftpl", {
    file_system_id = one(aws_efs_file_system.this[*].id)
    # What is deleted with the release is gone for good; where the cluster is protected, so is its data.
    reclaim_policy = var.deletion_protection ? "Retain" : "Delete"
  })
}
