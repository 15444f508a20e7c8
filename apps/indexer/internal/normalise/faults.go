package normalise

// fault is why a record is no document. Of several the lowest is told.
type fault uint8

const (
	none fault = iota
	empty
	notUTF8
	tooDeep
	notJSON
	badName
	notObject
	notValue
	faults
)

// labels are what metrics call the faults.
var labels = [faults]string{
	empty: "empty", notUTF8: "not_utf8", tooDeep: "too_deep", notJSON: "not_json", badName: "bad_name", notObject: "not_an_object", notValue: "not_one_value",
}

// found remembers which faults a record has.
type found [faults]bool

// fault returns the one that is told.
func (f *found) fault() fault {
	for i, is := range f {
		if is {
			return fault(i)
		}
	}
	return none
}
