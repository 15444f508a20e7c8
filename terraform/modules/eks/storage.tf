# Volumes of EBS belong to one node at a time; this is for those that several nodes mount.
resource "aws_efs_file_system" "this" {
  count = var.shared_storage ? 1 : 0

  encrypted       = true
  throughput_mode = "elastic"
  tags            = { Name = var.name }
}

resource "aws_efs_mount_target" "this" {
  for_each = var.shared_storage ? var.subnet_ids : {}

  file_system_id  = aws_efs_file_system.this[0].id
  subnet_id       = each.value
  security_groups = [aws_security_group.efs[0].id]
}

resource "aws_security_group" "efs" {
  count = var.shared_storage ? 1 : 0

  name_prefix = "${var.name}-efs-"
  description = "EFS: NFS from the nodes"
  vpc_id      = var.vpc_id
  tags        = { Name = "${var.name}-efs" }
  lifecycle {
    create_before_destroy = true
  }
}

resource "aws_vpc_security_group_ingress_rule" "efs" {
  count = var.shared_storage ? 1 : 0

  security_group_id            = aws_security_group.efs[0].id
  description                  = "NFS from the nodes"
  referenced_security_group_id = aws_eks_cluster.this.vpc_config[0].cluster_security_group_id
  ip_protocol                  = "tcp"
  from_port                    = 2049
  to_port                      = 2049
}
