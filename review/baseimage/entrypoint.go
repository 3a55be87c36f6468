package baseimage

// WithoutEntrypoint reports whether the image certainly has no ENTRYPOINT, so that a CMD is the program itself.
func (r Ref) WithoutEntrypoint() bool { return plainStart[r.Library()] }

// plainStart are official images without an ENTRYPOINT, in any of their tags
// (https://github.com/docker-library/official-images, 2026).
var plainStart = setOf(`
	almalinux alpine amazonlinux archlinux buildpack-deps busybox debian elixir erlang fedora gcc golang gradle
	openjdk oraclelinux perl pypy python rockylinux ruby rust swift ubuntu`)
