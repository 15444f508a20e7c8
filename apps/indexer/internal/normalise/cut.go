package normalise

// AppendCutDeadLetter appends a dead letter that holds only the first bytes of a record, for Elasticsearch takes no more. Its _id is
// that of the whole record: records that begin alike must not count as one.
func (n *Normaliser) AppendCutDeadLetter(dst, record []byte, kept int, s Source, reason string) []byte {
	n.digest = n.digest[:0]
	n.sha256(record)
	return n.appendLetter(dst, record[:kept], s, reason)
}
