package baseimage

// ManagesPython reports whether the system certainly refuses pip's installs into its own Python, as PEP 668 says it:
// Debian since 12, Ubuntu since 23.04, Alpine since 3.19
// (https://packaging.python.org/en/latest/specifications/externally-managed-environments/). It says nothing of images
// that bring another Python.
func (r Ref) ManagesPython() bool {
	row, ok := r.held()
	if !ok || words(row.adds)["python3"] {
		return false
	}
	switch r.Family() {
	case Debian:
		return r.DebianRelease() >= "12" && len(r.DebianRelease()) == 2
	case Ubuntu:
		v := r.release("Ubuntu")
		return v >= "23.04" || v == "" && r.Library() == "ubuntu" && (r.Tag == "" || r.Tag == "latest")
	case Alpine:
		v := r.release("Alpine")
		_, minor, numbered := twoNumbers(v)
		return v == "" || numbered && minor >= 19
	}
	return false
}
