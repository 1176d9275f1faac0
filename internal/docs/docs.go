// Package docs says where the documentation is.
//
// In comes the name of a page; out comes its place, for messages and helps that
// send somebody there. It touches no file.
package docs

// Folder is where the pages are: in the tree of the project, or, set by the
// linker where packages are made, where a package has put them. It is never
// changed at run time.
var Folder = "docs"

// Page is the place of a page, such as "operate.md". Every message names a page
// by it: whoever reads one on a machine finds it there.
func Page(name string) string { return Folder + "/" + name }
