resource "aws_eks_cluster" "this" {
  name                          = var.name
  version                       = var.kubernetes_version
  role_arn                      = aws_iam_role.cluster.arn
  enabled_cluster_log_types     = ["api", "audit", "authenticator"]
  deletion_protection           = var.deletion_protection
  bootstrap_self_managed_addons = false # addons.tf has them, and keeps them up to date

  access_config {
    authentication_mode                         = "API"
    bootstrap_cluster_creator_admin_permissions = var.cluster_creator_is_admin
  }

  encryption_config {
    resources = ["secrets"]
    provider {
      key_arn = aws_kms_key.secrets.arn
    }
  }

  vpc_config {
    subnet_ids              = values(var.subnet_ids)
    endpoint_private_access = true
    #trivy:ignore:AWS-0040 Public only for those who name networks; validation refuses 0.0.0.0/0.
    endpoint_public_access = length(var.public_endpoint_cidrs) > 0
    # AWS' default is 0.0.0.0/0, even while there is no public endpoint.
    #trivy:ignore:AWS-0041 The networks are those that were named.
    public_access_cidrs = length(var.public_endpoint_cidrs) > 0 ? var.public_endpoint_cidrs : null
  }

  # Without the log group EKS makes one that is kept forever; without the policies nothing that EKS made can be deleted.
  depends_on = [aws_cloudwatch_log_group.control_plane, aws_iam_role_policy_attachment.cluster, aws_iam_role_policy.cluster_secrets]
}

resource "aws_cloudwatch_log_group" "control_plane" {
  name              = "/aws/eks/${var.name}/cluster" # EKS chose the name
  retention_in_days = var.log_retention_days
  skip_destroy      = var.keep_logs
}

resource "aws_kms_key" "secrets" {
  description             = "Secrets of the EKS cluster ${var.name}"
  enable_key_rotation     = true
  deletion_window_in_days = 30
}

resource "aws_kms_alias" "secrets" {
  name          = "alias/eks/${var.name}/secrets"
  target_key_id = aws_kms_key.secrets.key_id
}

resource "aws_iam_openid_connect_provider" "this" {
  count = var.irsa ? 1 : 0

  url            = aws_eks_cluster.this.identity[0].oidc[0].issuer
  client_id_list = ["sts.amazonaws.com"]
}
