// Package pages writes what a configuration lets out, for people: explain, for
// those who answer for it, and notice, for those whom the events are about.
//
// In come a configuration with its compiled schemas, and what was warned of;
// out go Markdown and HTML, the same bytes for the same configuration. It opens
// no file, no destination and no log: the events on its pages are made up from
// the schemas, and what becomes of them is made by the real Check and Apply.
// Names and texts of schemas are somebody else's: nothing of them is markup.
package pages
