# Where Elasticsearch keeps its snapshots, and the role by which it alone gets in.
resource "aws_s3_bucket" "snapshots" {
  count = var.snapshots != null ? 1 : 0

  bucket = var.snapshots.bucket
  # What is in it is there for the time when all else is gone.
  force_destroy = !var.deletion_protection
}

resource "aws_s3_bucket_public_access_block" "snapshots" {
  count = var.snapshots != null ? 1 : 0

  bucket                  = aws_s3_bucket.snapshots[0].id
  block_public_acls       = true
  block_public_policy     = true
  ignore_public_acls      = true
  restrict_public_buckets = true
}

resource "aws_kms_key" "snapshots" {
  count = var.snapshots != null ? 1 : 0

  description             = "Snapshots of ${var.name}'s Elasticsearch"
  enable_key_rotation     = true
  deletion_window_in_days = 30
}

resource "aws_s3_bucket_server_side_encryption_configuration" "snapshots" {
  count = var.snapshots != null ? 1 : 0

  bucket = aws_s3_bucket.snapshots[0].id
  rule {
    # One key for the whole bucket: each object would be a request to KMS otherwise.
    bucket_key_enabled = true
    apply_server_side_encryption_by_default {
      sse_algorithm     = "aws:kms"
      kms_master_key_id = aws_kms_key.snapshots[0].arn
    }
  }
}

resource "aws_s3_bucket_versioning" "snapshots" {
  count = var.snapshots != null ? 1 : 0

  bucket = aws_s3_bucket.snapshots[0].id
  versioning_configuration {
    status = "Enabled"
  }
}

# Elasticsearch deletes what no snapshot needs; how long it can be got back all the same.
resource "aws_s3_bucket_lifecycle_configuration" "snapshots" {
  count = var.snapshots != null ? 1 : 0

  bucket = aws_s3_bucket.snapshots[0].id
  rule {
    id     = "deleted"
    status = "Enabled"
    filter {}
    noncurrent_version_expiration {
      noncurrent_days = var.snapshots.keep_deleted_days
    }
    abort_incomplete_multipart_upload {
      days_after_initiation = 2
    }
  }
  depends_on = [aws_s3_bucket_versioning.snapshots]
}

# By IRSA: Elasticsearch 8 does not know EKS Pod Identity.
data "aws_iam_policy_document" "snapshots_trust" {
  count = var.snapshots != null ? 1 : 0

  statement {
    actions = ["sts:AssumeRoleWithWebIdentity"]
    principals {
      type        = "Federated"
      identifiers = [aws_iam_openid_connect_provider.this[0].arn]
    }
    condition {
      test     = "StringEquals"
      variable = "${trimprefix(aws_eks_cluster.this.identity[0].oidc[0].issuer, "https://")}:sub"
      values   = ["system:serviceaccount:${var.snapshots.service_account}"]
    }
    condition {
      test     = "StringEquals"
      variable = "${trimprefix(aws_eks_cluster.this.identity[0].oidc[0].issuer, "https://")}:aud"
      values   = ["sts.amazonaws.com"]
    }
  }
}

resource "aws_iam_role" "snapshots" {
  count = var.snapshots != null ? 1 : 0

  name_prefix        = "${var.name}-es-"
  assume_role_policy = data.aws_iam_policy_document.snapshots_trust[0].json
}

data "aws_iam_policy_document" "snapshots" {
  count = var.snapshots != null ? 1 : 0

  statement {
    actions   = ["s3:ListBucket", "s3:GetBucketLocation", "s3:ListBucketMultipartUploads"]
    resources = [aws_s3_bucket.snapshots[0].arn]
  }
  statement {
    actions   = ["s3:GetObject", "s3:PutObject", "s3:DeleteObject", "s3:AbortMultipartUpload", "s3:ListMultipartUploadParts"]
    resources = ["${aws_s3_bucket.snapshots[0].arn}/*"]
  }
  statement {
    actions   = ["kms:GenerateDataKey", "kms:Decrypt"]
    resources = [aws_kms_key.snapshots[0].arn]
  }
}

resource "aws_iam_role_policy" "snapshots" {
  count = var.snapshots != null ? 1 : 0

  name   = "snapshots"
  role   = aws_iam_role.snapshots[0].id
  policy = data.aws_iam_policy_document.snapshots[0].json
}
