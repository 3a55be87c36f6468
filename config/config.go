// Package config holds dfbot's two sets of settings as plain data: [Repo], which a repository sets in its .dfbot.yml
// or, without one, in its .hadolint.yaml, and [Server], which an operator sets by flags and environment.
//
// A zero Repo is the documented default, so code without a file to read needs no special case. [Parse] never fails: it
// returns everything that it could read, and everything that is wrong, each with its line.
//
// Callers pass the rules that a file may name. The package must never run one, never log or print a secret, and never
// read .dfbot.yml itself: the caller decides which version of the file counts, and that is the base side of a pull
// request, never its head.
package config
