// Package secrets knows what looks like a secret: a token by the form that its issuer gives it, a variable by its name,
// a value that cannot be one, and the files that hold credentials. It must never return a secret itself, or more of it
// than says its kind: what it returns is shown on pull requests.
package secrets
