locals {
  # One group for each pool and zone: a volume of EBS can't leave its zone, so a lost node must come back in the same
  # one, and the chart spreads replicas over the zones evenly.
  groups = merge([for name, pool in var.node_pools : {
    for zone in keys(var.subnet_ids) : "${name}-${zone}" => { pool = name, zone = zone }
  }]...)
}

resource "aws_launch_template" "pool" {
  for_each = var.node_pools

  name_prefix            = "${var.name}-${each.key}-"
  update_default_version = true

  # One hop: containers with a network of their own can't have the node's credentials.
  metadata_options {
    http_endpoint               = "enabled"
    http_tokens                 = "required"
    http_put_response_hop_limit = 1
  }

  block_device_mappings {
    device_name = "/dev/xvda"
    ebs {
      volume_type           = "gp3"
      volume_size           = each.value.disk_gib
      encrypted             = "true"
      delete_on_termination = "true"
    }
  }

  # The provider's default tags don't reach what EC2 makes from the template.
  dynamic "tag_specifications" {
    for_each = toset(["instance", "volume"])
    content {
      resource_type = tag_specifications.key
      tags          = { Name = "${var.name}-${each.key}", cluster = var.name }
    }
  }
}

resource "aws_eks_node_group" "this" {
  for_each = local.groups

  cluster_name           = aws_eks_cluster.this.name
  node_group_name_prefix = "${each.key}-"
  node_role_arn          = aws_iam_role.node.arn
  subnet_ids             = [var.subnet_ids[each.value.zone]]
  version                = var.kubernetes_version
  ami_type               = "AL2023_x86_64_STANDARD"
  instance_types         = var.node_pools[each.value.pool].instance_types
  capacity_type          = var.node_pools[each.value.pool].spot ? "SPOT" : "ON_DEMAND"
  # An update waits for the pods' disruption budgets, and fails rather than break one: two zones' nodes are then never
  # drained of one component's replicas at once.
  force_update_version = false

  launch_template {
    id      = aws_launch_template.pool[each.value.pool].id
    version = aws_launch_template.pool[each.value.pool].latest_version
  }

  scaling_config {
    min_size     = var.node_pools[each.value.pool].per_zone
    desired_size = var.node_pools[each.value.pool].per_zone
    max_size     = coalesce(var.node_pools[each.value.pool].max_per_zone, var.node_pools[each.value.pool].per_zone)
  }

  update_config {
    max_unavailable = 1
  }

  labels = { "sluice/pool" = each.value.pool }

  dynamic "taint" {
    for_each = var.node_pools[each.value.pool].dedicated ? [each.value.pool] : []
    content {
      key    = "sluice/pool"
      value  = taint.value
      effect = "NO_SCHEDULE"
    }
  }

  lifecycle {
    # A group that must be replaced goes after its successor is there, so that its pods have a place.
    create_before_destroy = true
    # The autoscaler's, if there is one.
    ignore_changes = [scaling_config[0].desired_size]
  }

  depends_on = [aws_eks_addon.before_nodes, aws_iam_role_policy_attachment.node]
}
