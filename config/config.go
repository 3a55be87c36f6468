// Package config holds dfbot's two sets of settings as plain data: [Repo], what
// a repository says in its .dfbot.yml or, where it has none, its .hadolint.yaml,
// and [Server], what an operator says by flags and environment.
//
// A zero Repo is the documented default, so code that has no file to read needs
// no special case. The file is read leniently and reported strictly: [Parse]
// never fails, it returns what could be read together with everything that is
// wrong, each with its line.
//
// Callers pass the rules that a file may name. The package must never run one, never log or print a secret, and never
// read .dfbot.yml itself: the caller decides which version of the file counts, and that is the base side of a pull
// request, never its head.
package config
