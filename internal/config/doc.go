// Package config reads the configuration file.
//
// In comes the text of one TOML file and the kinds of inputs and outputs
// there are; out comes a Config with every default filled in, or every mistake
// at once, each with its place and the next step. It reads that one file and
// looks up where symbolic links lead and $CREDENTIALS_DIRECTORY; it writes and
// opens nothing else. No
// mistake ever holds a value of the file: a secret may stand where it should not.
package config
