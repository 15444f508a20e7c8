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
  mock_resource "aws_iam_openid_connect_provider" {
    defaults = { arn = "arn:aws:iam::123456789012:oidc-provider/issuer.invalid" }
  }
  mock_resource "aws_s3_bucket" {
    defaults = { id = "mock-bucket", arn = "arn:aws:s3:::mock-bucket" }
  }
  mock_resource "aws_launch_template" {
    defaults = { id = "lt-0123456789abcdef0", latest_version = 1 }
  }
}

variables {
  name                     = "sluice"
  kubernetes_version       = "1.35"
  vpc_id                   = "vpc-0123456789abcdef0"
  subnet_ids               = { us-east-1a = "subnet-a", us-east-1b = "subnet-b", us-east-1c = "subnet-c" }
  public_endpoint_cidrs    = []
  cluster_creator_is_admin = true
  access_entries           = {}
  node_pools = {
    stateful = { instance_types = ["r6i.xlarge"], spot = false, dedicated = true, per_zone = 2, disk_gib = 50 }
    general  = { instance_types = ["m6i.xlarge"], spot = false, dedicated = false, per_zone = 1, max_per_zone = 3, disk_gib = 50 }
    spark    = { instance_types = ["m6i.xlarge"], spot = true, dedicated = true, per_zone = 1, disk_gib = 50 }
  }
  shared_storage      = true
  snapshots           = null
  irsa                = false
  log_retention_days  = 90
  deletion_protection = true
  keep_logs           = true
}

run "private" {
  command = apply
  module {
    source = "./modules/eks"
  }
  assert {
    condition     = aws_eks_cluster.this.vpc_config[0].endpoint_private_access
    error_message = "the API server is reached from the VPC"
  }
  assert {
    condition     = !aws_eks_cluster.this.vpc_config[0].endpoint_public_access
    error_message = "without CIDRs there is no public endpoint"
  }
  assert {
    condition     = aws_eks_cluster.this.access_config[0].authentication_mode == "API"
    error_message = "access is by access entries only"
  }
  assert {
    condition     = toset(aws_eks_cluster.this.encryption_config[0].resources) == toset(["secrets"]) && aws_eks_cluster.this.encryption_config[0].provider[0].key_arn == aws_kms_key.secrets.arn
    error_message = "secrets are encrypted with the cluster's own key"
  }
  assert {
    condition     = aws_kms_key.secrets.enable_key_rotation && aws_kms_key.secrets.deletion_window_in_days == 30
    error_message = "the key rotates, and can be got back for 30 days"
  }
  assert {
    condition     = toset(aws_eks_cluster.this.enabled_cluster_log_types) == toset(["api", "audit", "authenticator"])
    error_message = "the control plane logs"
  }
  assert {
    condition     = aws_cloudwatch_log_group.control_plane.name == "/aws/eks/sluice/cluster" && aws_cloudwatch_log_group.control_plane.retention_in_days == 90
    error_message = "the logs have a retention"
  }
  assert {
    condition     = aws_eks_cluster.this.deletion_protection && aws_cloudwatch_log_group.control_plane.skip_destroy
    error_message = "deletion protection and keep_logs reach AWS"
  }
  assert {
    condition     = length(setsubtract(values(var.subnet_ids), aws_eks_cluster.this.vpc_config[0].subnet_ids)) == 0
    error_message = "the control plane is in all zones"
  }
  assert {
    condition     = alltrue([for template in aws_launch_template.pool : template.metadata_options[0].http_tokens == "required" && template.metadata_options[0].http_put_response_hop_limit == 1])
    error_message = "IMDSv2 is required, and pods are a hop too far"
  }
  assert {
    condition     = alltrue([for template in aws_launch_template.pool : template.block_device_mappings[0].ebs[0].encrypted == "true" && template.block_device_mappings[0].ebs[0].volume_type == "gp3"])
    error_message = "root volumes are encrypted gp3"
  }
  assert {
    condition     = toset(keys(aws_eks_node_group.this)) == toset(flatten([for pool in ["general", "stateful", "spark"] : [for zone in keys(var.subnet_ids) : "${pool}-${zone}"]]))
    error_message = "a node group for each pool and zone"
  }
  assert {
    condition     = alltrue([for zone, subnet in var.subnet_ids : toset(aws_eks_node_group.this["stateful-${zone}"].subnet_ids) == toset([subnet])])
    error_message = "each group is in its zone only"
  }
  assert {
    condition     = aws_eks_node_group.this["stateful-us-east-1a"].labels["sluice/pool"] == "stateful"
    error_message = "nodes carry their pool as label"
  }
  assert {
    condition     = [for taint in aws_eks_node_group.this["stateful-us-east-1a"].taint : "${taint.key}=${taint.value}:${taint.effect}"] == ["sluice/pool=stateful:NO_SCHEDULE"]
    error_message = "dedicated nodes carry it as taint"
  }
  assert {
    condition     = length(aws_eks_node_group.this["general-us-east-1a"].taint) == 0
    error_message = "the others have no taint"
  }
  assert {
    condition     = aws_eks_node_group.this["spark-us-east-1a"].capacity_type == "SPOT" && aws_eks_node_group.this["stateful-us-east-1a"].capacity_type == "ON_DEMAND"
    error_message = "spot only where chosen"
  }
  assert {
    condition     = aws_eks_node_group.this["general-us-east-1a"].scaling_config[0].max_size == 3 && aws_eks_node_group.this["stateful-us-east-1a"].scaling_config[0].max_size == 2
    error_message = "room for an autoscaler where chosen"
  }
  assert {
    condition     = alltrue([for group in aws_eks_node_group.this : group.ami_type == "AL2023_x86_64_STANDARD" && group.update_config[0].max_unavailable == 1 && !group.force_update_version])
    error_message = "updates go node by node and wait for disruption budgets"
  }
  assert {
    condition     = jsondecode(aws_eks_addon.before_nodes["vpc-cni"].configuration_values).enableNetworkPolicy == "true"
    error_message = "NetworkPolicies are enforced"
  }
  assert {
    condition     = toset(concat(keys(aws_eks_addon.before_nodes), keys(aws_eks_addon.after_nodes))) == toset(["vpc-cni", "kube-proxy", "eks-pod-identity-agent", "coredns", "metrics-server", "aws-ebs-csi-driver", "aws-efs-csi-driver"])
    error_message = "the add-ons"
  }
  assert {
    condition     = one(aws_eks_addon.after_nodes["aws-ebs-csi-driver"].pod_identity_association).service_account == "ebs-csi-controller-sa"
    error_message = "the EBS driver has its role by Pod Identity"
  }
  assert {
    condition     = aws_efs_file_system.this[0].encrypted && length(aws_efs_mount_target.this) == 3
    error_message = "the shared file system is encrypted, and mounted in each zone"
  }
  assert {
    condition     = aws_vpc_security_group_ingress_rule.efs[0].referenced_security_group_id == aws_eks_cluster.this.vpc_config[0].cluster_security_group_id
    error_message = "only nodes reach the shared file system"
  }
  assert {
    condition     = length(aws_iam_openid_connect_provider.this) == 0 && output.oidc_provider_arn == null
    error_message = "no IRSA unless chosen"
  }
  assert {
    condition     = length(aws_s3_bucket.snapshots) + length(aws_iam_role.snapshots) + length(aws_kms_key.snapshots) == 0 && output.snapshots_role_arn == null
    error_message = "no bucket unless chosen"
  }
  assert {
    condition     = strcontains(output.storage_classes, "reclaimPolicy: Retain") && !strcontains(output.storage_classes, "reclaimPolicy: Delete")
    error_message = "a protected cluster's volumes outlive their claims"
  }
  assert {
    condition     = strcontains(output.storage_classes, "fileSystemId: ${aws_efs_file_system.this[0].id}")
    error_message = "the class efs uses the shared file system"
  }
}

run "public" {
  command = apply
  module {
    source = "./modules/eks"
  }
  variables {
    public_endpoint_cidrs = ["203.0.113.0/24"]
    shared_storage        = false
    irsa                  = true
    deletion_protection   = false
    keep_logs             = false
    access_entries = {
      support = { principal_arn = "arn:aws:iam::111122223333:role/support", policy = "AmazonEKSViewPolicy", namespaces = ["sluice"] }
      admin   = { principal_arn = "arn:aws:iam::111122223333:role/admin", policy = "AmazonEKSClusterAdminPolicy", namespaces = [] }
    }
  }
  assert {
    condition     = aws_eks_cluster.this.vpc_config[0].endpoint_public_access && toset(aws_eks_cluster.this.vpc_config[0].public_access_cidrs) == toset(["203.0.113.0/24"])
    error_message = "the public endpoint is for the CIDRs only"
  }
  assert {
    condition     = aws_eks_cluster.this.vpc_config[0].endpoint_private_access
    error_message = "nodes go on using the private endpoint"
  }
  assert {
    condition     = !aws_eks_cluster.this.deletion_protection && !aws_cloudwatch_log_group.control_plane.skip_destroy
    error_message = "protection can be switched off"
  }
  assert {
    condition     = length(aws_efs_file_system.this) + length(aws_efs_mount_target.this) + length(aws_security_group.efs) == 0 && !contains(keys(aws_eks_addon.after_nodes), "aws-efs-csi-driver")
    error_message = "no shared file system unless chosen"
  }
  assert {
    condition     = !strcontains(output.storage_classes, "efs") && strcontains(output.storage_classes, "reclaimPolicy: Delete")
    error_message = "storage classes of an unprotected cluster"
  }
  assert {
    condition     = aws_eks_access_policy_association.this["support"].access_scope[0].type == "namespace" && toset(aws_eks_access_policy_association.this["support"].access_scope[0].namespaces) == toset(["sluice"])
    error_message = "an access entry of one namespace"
  }
  assert {
    condition     = aws_eks_access_policy_association.this["admin"].access_scope[0].type == "cluster" && aws_eks_access_policy_association.this["admin"].policy_arn == "arn:aws:eks::aws:cluster-access-policy/AmazonEKSClusterAdminPolicy"
    error_message = "an access entry of the whole cluster"
  }
  assert {
    condition     = aws_iam_openid_connect_provider.this[0].url == "https://issuer.invalid"
    error_message = "IRSA trusts the cluster's issuer"
  }
}

run "snapshots" {
  command = apply
  module {
    source = "./modules/eks"
  }
  variables {
    irsa      = true
    snapshots = { bucket = "example-snapshots", service_account = "logs:logs-elasticsearch", keep_deleted_days = 7 }
  }
  assert {
    condition     = aws_s3_bucket.snapshots[0].bucket == "example-snapshots" && !aws_s3_bucket.snapshots[0].force_destroy
    error_message = "the bucket of a protected cluster is not emptied"
  }
  assert {
    condition     = alltrue([for b in aws_s3_bucket_public_access_block.snapshots : b.block_public_acls && b.block_public_policy && b.ignore_public_acls && b.restrict_public_buckets])
    error_message = "the bucket is private"
  }
  assert {
    condition     = length(aws_s3_bucket_public_access_block.snapshots) == 1 && aws_s3_bucket_versioning.snapshots[0].versioning_configuration[0].status == "Enabled"
    error_message = "the bucket is versioned"
  }
  assert {
    condition     = one(one(aws_s3_bucket_server_side_encryption_configuration.snapshots[0].rule).apply_server_side_encryption_by_default).kms_master_key_id == aws_kms_key.snapshots[0].arn && aws_kms_key.snapshots[0].enable_key_rotation
    error_message = "the bucket is encrypted with a key of its own"
  }
  assert {
    condition     = one(one(aws_s3_bucket_lifecycle_configuration.snapshots[0].rule).noncurrent_version_expiration).noncurrent_days == 7
    error_message = "what was deleted goes"
  }
  assert {
    condition     = toset(flatten([for s in data.aws_iam_policy_document.snapshots_trust[0].statement : [for c in s.condition : c.values]])) == toset(["system:serviceaccount:logs:logs-elasticsearch", "sts.amazonaws.com"])
    error_message = "only the service account gets the role"
  }
  assert {
    condition     = alltrue([for s in data.aws_iam_policy_document.snapshots[0].statement : !contains(s.resources, "*")])
    error_message = "the role is for this bucket and key only"
  }
}
