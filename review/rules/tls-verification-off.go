package rules

import (
	"regexp"
	"slices"
	"strings"

	"github.com/dfbot/dfbot/review/analysis"
	"github.com/dfbot/dfbot/review/dockerfile"
	"github.com/dfbot/dfbot/review/ecosystem"
	"github.com/dfbot/dfbot/review/shell"
)

var tlsVerificationOff = &analysis.Rule{
	Name:       "tls-verification-off",
	Doc:        "Certificate checks turned off, so anyone on the network path can pose as the server",
	Topic:      analysis.Network,
	Since:      "0.1",
	Severity:   analysis.Warning,
	Severities: "warning, notice where a checksum follows",
	Aliases: []string{"CKV2_DOCKER_2", "CKV2_DOCKER_3", "CKV2_DOCKER_4", "CKV2_DOCKER_5", "CKV2_DOCKER_6",
		"CKV2_DOCKER_12", "CKV2_DOCKER_13", "CKV2_DOCKER_14", "CKV2_DOCKER_15", "CKV2_DOCKER_16"},
	Run: func(p *analysis.Pass) {
		for _, in := range p.File.Instructions() {
			switch in.Inner().Name {
			case "ENV", "ARG":
				for _, s := range tls.inPairs(in) {
					reportTLS(p, in, []switched{s}, nil)
				}
			case "RUN":
				for _, c := range shell.Commands(in) {
					if found := dropLocal(tls.inCommand(in, c), c); len(found) > 0 {
						reportTLS(p, in, found, c)
					}
				}
				for _, s := range append(tls.inAssignments(in), tls.inTexts(in)...) {
					reportTLS(p, in, []switched{s}, nil)
				}
			case "COPY":
				for _, s := range tls.inTexts(in) {
					reportTLS(p, in, []switched{s}, nil)
				}
			}
		}
	},
}

// tls are the ways to turn off certificate checks, each from the program's own manual.
var tls = switches{
	flags: []flagSwitch{
		{programs: "curl", flags: []string{"--insecure", "--proxy-insecure", "--doh-insecure"}, letter: 'k'},
		{programs: "wget wget2 rclone s3cmd", flags: []string{"--no-check-certificate", "--no-check-cert"}},
		{programs: "wget wget2 aria2c", flags: []string{"--check-certificate"},
			values: []string{"false", "no", "off", "quiet"}},
		{programs: "axel", flags: []string{"--insecure"}, letter: 'k'},
		{programs: "pip uv pip-compile pip-sync", flags: []string{"--trusted-host", "--allow-insecure-host"},
			takes: true},
		{programs: "apk", flags: []string{"--no-check-certificate"}},
		{programs: "svn", flags: []string{"--trust-server-cert", "--trust-server-cert-failures"}},
		{programs: "hg", flags: []string{"--insecure"}},
		{programs: "aws", flags: []string{"--no-verify-ssl"}},
		{programs: "helm kubectl oc", flags: []string{"--insecure-skip-tls-verify"}},
		{programs: "skopeo podman buildah", flags: []string{"--tls-verify", "--src-tls-verify", "--dest-tls-verify"},
			values: []string{"false", "0"}},
		{programs: "deno", flags: []string{"--unsafely-ignore-certificate-errors"}},
		{programs: "http https xh xhs", flags: []string{"--verify"}, takes: true, values: []string{"no", "false"}},
		{programs: "conda mamba micromamba", flags: []string{"--insecure"}, letter: 'k',
			subs: "install create update search remove"},
		{programs: "ansible-galaxy", flags: []string{"--ignore-certs"}, letter: 'c', subs: "install"},
		{programs: "mvn mvnw", flags: []string{"-Dmaven.wagon.http.ssl.insecure", "-Dmaven.wagon.http.ssl.allowall"},
			values: []string{"true"}},
		{programs: "mvn mvnw",
			flags:  []string{"-Dmaven.resolver.transport.https.securityMode", "-Daether.connector.https.securityMode"},
			values: []string{"insecure"}},
		{programs: "go", flags: []string{"-insecure"}, subs: "get"},
	},
	settings: []settingSwitch{
		{"git", "sslverify", isOff}, // http.sslVerify, http.<url>.sslVerify
		{"npm npx pnpm yarn bower", "strict-ssl", isOff},
		{"yarn", "enablestrictssl", isOff},
		{"pip", "trusted-host", isSet},
		{"composer", "disable-tls", isOn},
		{"composer", "secure-http", isOff},
		{"conda mamba micromamba", "ssl_verify", isOff},
		{"yum dnf microdnf dnf5 yum-config-manager", "sslverify", isOff},
		{"apt apt-get aptitude", "verify-peer", isOff}, // Acquire::https::Verify-Peer, apt-transport-https(1)
		{"apt apt-get aptitude", "verify-host", isOff},
		{"bundle bundler", "ssl_verify_mode", isZero},
		{"go", "goinsecure", isSet},
		{"poetry", "cert", isOff}, // certificates.NAME.cert
		{"mix", "unsafe_https", isOn},
	},
	vars: []varSwitch{
		{name: "NODE_TLS_REJECT_UNAUTHORIZED", program: "Node.js", off: isZero},
		// http.c asks only whether it is set
		{name: "GIT_SSL_NO_VERIFY", program: "git", off: func(string) bool { return true }},
		{name: "PYTHONHTTPSVERIFY", program: "Python", off: isZero},
		{name: "NPM_CONFIG_STRICT_SSL", program: "npm", off: isOff},
		{name: "YARN_ENABLE_STRICT_SSL", program: "yarn", off: isOff},
		{name: "PIP_TRUSTED_HOST", program: "pip", off: remoteHost},
		{name: "UV_INSECURE_HOST", program: "uv", off: remoteHost},
		{name: "GOINSECURE", program: "go", off: isSet},
		{name: "CONDA_SSL_VERIFY", program: "conda", off: isOff},
		{name: "PERL_LWP_SSL_VERIFY_HOSTNAME", program: "Perl", off: isZero},
		{name: "BUNDLE_SSL_VERIFY_MODE", program: "Bundler", off: isZero},
		{name: "AZURE_CLI_DISABLE_CONNECTION_VERIFICATION", program: "az", off: isOn},
		{name: "HEX_UNSAFE_HTTPS", program: "mix", off: isOn},
		{name: "VAULT_SKIP_VERIFY", program: "vault", off: isOn},
		{name: "MAVEN_OPTS", program: "mvn", off: insecureWagon, part: true},
	},
	texts: []textSwitch{
		{text: regexp.MustCompile(`(?i)\b(?:Acquire::)?https::(?:\S+::)?Verify-(?:Peer|Host)\s+"?(?:false|0|no|off)"?`),
			hint: "::", program: "apt"},
		{text: regexp.MustCompile(`(?im)(?:(?:^|\\n)\s*sslverify\s*=\s*(?:0|false|no)\b|` +
			`/\s*sslverify\s*=\s*(?:0|false|no)\s*/[g]*(?:$|;))`), hint: "=", program: "dnf"},
		{text: regexp.MustCompile(`(?m)(?:^|\\n)\s*strict-ssl\s*=\s*"?false"?`), hint: "strict-ssl", program: "npm"},
		{text: regexp.MustCompile(`(?m)(?:^|\\n)\s*check_certificate\s*=\s*(?:off|no|0)\b`), hint: "check_certificate",
			program: "wget"},
		{text: regexp.MustCompile(`(?m)^\s*sslVerify\s*=\s*(?:false|0)\b`), hint: "sslVerify", program: "git"},
		{text: regexp.MustCompile(`:ssl_verify_mode:\s*0\b`), hint: ":ssl_verify_mode:", program: "gem"},
		{text: regexp.MustCompile(`(?m)(?:^|\\n)\s*trusted-host\s*=\s*[^\s\\]+`), hint: "trusted-host", program: "pip"},
		{text: regexp.MustCompile(`(?m)(?:^|\\n)\s*(?:--)?insecure\b`), hint: "insecure", program: "curl",
			file: "curlrc"},
	},
}

// insecureWagon reports whether the JVM options make Maven accept any certificate.
func insecureWagon(value string) bool {
	return strings.Contains(value, "-Dmaven.wagon.http.ssl.insecure=true") ||
		strings.Contains(value, "-Dmaven.wagon.http.ssl.allowall=true")
}

// remoteHost reports whether one of the hosts in the list is not this machine.
func remoteHost(value string) bool {
	for _, h := range strings.FieldsFunc(value, func(r rune) bool { return strings.ContainsRune(` ,"'`, r) }) {
		if !thisMachine(h) {
			return true
		}
	}
	return false
}

// thisMachine reports whether the host, with or without port, is the build's own.
func thisMachine(host string) bool {
	return host == "localhost" || strings.HasPrefix(host, "localhost:") || strings.HasPrefix(host, "127.") ||
		strings.HasPrefix(host, "[::1]") || host == "::1"
}

// dropLocal drops what concerns only this machine, where there is no network path.
func dropLocal(all []switched, c *dockerfile.Command) []switched {
	if len(all) == 0 {
		return nil
	}
	for _, w := range c.Args() {
		if _, rest, ok := strings.Cut(w.Text, "https://"); ok && w.Literal &&
			thisMachine(strings.TrimSuffix(strings.SplitN(rest, "/", 2)[0], "/")) {
			return nil
		}
	}
	kept := all[:0]
	for _, s := range all {
		if s.value == "" || !strings.Contains(s.what, "host") || remoteHost(s.value) {
			kept = append(kept, s)
		}
	}
	return kept
}

func reportTLS(p *analysis.Pass, in *dockerfile.Instruction, all []switched, c *dockerfile.Command) {
	s := all[0]
	f := analysis.Finding{
		In: in, Span: s.span,
		Message: analysis.Say("%s makes %s accept any certificate", s.what, s.program),
		Why:     analysis.Say("Anyone on the network path can replace what the build downloads, and nothing notices."),
	}
	if name := strings.ToLower(s.what); strings.HasPrefix(name, "goinsecure") ||
		strings.HasPrefix(name, "secure-http") || strings.HasPrefix(name, "disable-tls") {
		f.Message = analysis.Say("%s lets %s work without encryption or certificate checks", s.what, s.program)
	}
	caveat := analysis.Say("The image must trust the server's certificate: install %s, or copy in your company's "+
		"own certificate.", "ca-certificates")
	if in.Name == "ENV" && in.Stage != nil && in.Stage.Final() {
		f.Why = analysis.Say("It applies in every container of this image too: anyone on the network path can " +
			"read and change the traffic.")
	}
	f.Fix = removeAll(all, "Check the certificate", caveat)
	if c != nil {
		overHTTPS(in, c, all, f.Fix)
		if checked(in, c) {
			f.AtMost = analysis.Notice
			f.Why = analysis.Say("The checksum that follows detects other contents, but anyone on the network " +
				"path can read what is sent.")
		}
	}
	p.Report(f)
}

// overHTTPS adds to the fix the edit that fetches a trusted host's index over https instead of http: pip
// refuses it otherwise.
func overHTTPS(in *dockerfile.Instruction, c *dockerfile.Command, all []switched, fix *analysis.Fix) {
	if fix == nil || all[0].program != "pip" {
		return
	}
	for _, w := range c.Args() {
		raw := in.File().Text(w.Span)
		at := strings.Index(raw, "http://")
		if at < 0 {
			continue
		}
		start := w.Span.Start + at
		fix.Edits = append(fix.Edits,
			analysis.Edit{Span: dockerfile.Span{Start: start, End: start + len("http")}, New: "https"})
		fix.Caveat = analysis.Say("The index must answer over https, with a certificate that the image trusts.")
	}
}

// checked reports whether a checksum or a signature is verified in the same RUN after the command.
func checked(in *dockerfile.Instruction, c *dockerfile.Command) bool {
	for _, x := range shell.Commands(in) {
		if x.Span.Start > c.Span.Start && verifies(in, x) {
			return true
		}
	}
	return false
}

// verifies reports whether the command stops the build where a file is not the expected one.
func verifies(in *dockerfile.Instruction, c *dockerfile.Command) bool {
	sums := strings.HasSuffix(c.Name, "sum") &&
		(strings.HasPrefix(c.Name, "sha") || strings.HasPrefix(c.Name, "md5") || strings.HasPrefix(c.Name, "b2"))
	if !sums && !slices.Contains([]string{"shasum", "gpg", "gpg2", "gpgv", "cosign", "minisign"}, c.Name) {
		return false
	}
	call := shell.ReadAs(in, c, ecosystem.Spec{Bundles: true})
	switch c.Name {
	case "gpg", "gpg2":
		return call.Has("--verify")
	case "gpgv":
		return len(c.Words) > 1
	case "cosign":
		return strings.HasPrefix(call.Verb(), "verify")
	case "minisign":
		return call.Has("-V")
	}
	return call.Has("-c", "--check", "--strict")
}
