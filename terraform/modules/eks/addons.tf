locals {
  csi_drivers = merge(
    { aws-ebs-csi-driver = { short = "ebs", policy = "AmazonEBSCSIDriverPolicy", service_account = "ebs-csi-controller-sa" } },
    var.shared_storage ? { aws-efs-csi-driver = { short = "efs", policy = "AmazonEFSCSIDriverPolicy", service_account = "efs-csi-controller-sa" } } : {},
  )
  # Nodes don't get ready without the first three, the others have Deployments that wait for nodes.
  before_nodes = ["vpc-cni", "kube-proxy", "eks-pod-identity-agent"]
  after_nodes  = concat(["coredns", "metrics-server"], keys(local.csi_drivers))
  # Without this the chart's NetworkPolicies would do nothing.
  configuration = { vpc-cni = jsonencode({ enableNetworkPolicy = "true" }) }
}

# The version that EKS chooses for a Kubernetes version, so that add-ons are upgraded with the cluster.
data "aws_eks_addon_version" "this" {
  for_each = toset(concat(local.before_nodes, local.after_nodes))

  addon_name         = each.key
  kubernetes_version = var.kubernetes_version
}

resource "aws_eks_addon" "before_nodes" {
  for_each = toset(local.before_nodes)

  cluster_name                = aws_eks_cluster.this.name
  addon_name                  = each.key
  addon_version               = data.aws_eks_addon_version.this[each.key].version
  configuration_values        = lookup(local.configuration, each.key, null)
  resolve_conflicts_on_create = "OVERWRITE"
  resolve_conflicts_on_update = "OVERWRITE"
}

resource "aws_eks_addon" "after_nodes" {
  for_each = toset(local.after_nodes)

  cluster_name                = aws_eks_cluster.this.name
  addon_name                  = each.key
  addon_version               = data.aws_eks_addon_version.this[each.key].version
  resolve_conflicts_on_create = "OVERWRITE"
  resolve_conflicts_on_update = "OVERWRITE"

  dynamic "pod_identity_association" {
    for_each = contains(keys(local.csi_drivers), each.key) ? [local.csi_drivers[each.key]] : []
    content {
      role_arn        = aws_iam_role.csi[each.key].arn
      service_account = pod_identity_association.value.service_account
    }
  }

  depends_on = [aws_eks_node_group.this, aws_eks_addon.before_nodes, aws_iam_role_policy_attachment.csi]
}
