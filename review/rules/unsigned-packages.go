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

var unsignedPackages = &analysis.Rule{
	Name:     "unsigned-packages",
	Doc:      "Package manager that installs packages without checking their signatures",
	Topic:    analysis.Network,
	Since:    "0.1",
	Severity: analysis.Warning,
	Aliases:  []string{"CKV2_DOCKER_7", "CKV2_DOCKER_8", "CKV2_DOCKER_9", "CKV2_DOCKER_10", "CKV2_DOCKER_11"},
	Run: func(p *analysis.Pass) {
		for _, in := range p.File.Instructions() {
			if name := in.Inner().Name; name != "RUN" && name != "COPY" {
				continue
			}
			for _, c := range shell.Commands(in) {
				if found := signatures.inCommand(in, c); len(found) > 0 && !ownFiles(in, c) {
					reportUnsigned(p, in, found, c)
				}
			}
			for _, s := range signatures.inTexts(in) {
				reportUnsigned(p, in, []switched{s}, nil)
			}
		}
	},
}

// signatures are the ways to install packages without checking their signatures, each from the package
// manager's own manual.
var signatures = switches{
	flags: []flagSwitch{
		{programs: "apt-get apt aptitude",
			flags: []string{"--allow-unauthenticated", "--force-yes", "--allow-insecure-repositories"},
			subs:  "install upgrade dist-upgrade full-upgrade safe-upgrade update build-dep download"},
		{programs: "yum dnf dnf5 microdnf tdnf yum-builddep yum-config-manager",
			flags: []string{"--nogpgcheck", "--no-gpgchecks"}},
		{programs: "apk", flags: []string{"--allow-untrusted"}},
		{programs: "rpm", flags: []string{"--nodigest", "--nosignature", "--noverify", "--nofiledigest"}},
		{programs: "zypper",
			flags: []string{"--no-gpg-checks", "--no-gpg-check", "--gpgcheck-off", "--no-gpgcheck",
				"--allow-unsigned-rpm", "-G"}},
		{programs: "debootstrap", flags: []string{"--no-check-gpg"}},
	},
	settings: []settingSwitch{
		{"apt-get apt aptitude", "apt::get::allowunauthenticated", isOn},
		{"apt-get apt aptitude", "acquire::allowinsecurerepositories", isOn},
		{"yum dnf dnf5 microdnf tdnf yum-config-manager", "gpgcheck", isOff},
	},
	texts: []textSwitch{
		{text: regexp.MustCompile(`(?i)(?:APT::Get::AllowUnauthenticated|Acquire::AllowInsecureRepositories)` +
			`\s+"?(?:true|1|yes)"?`), hint: "::", program: "apt"},
		{text: regexp.MustCompile(`(?m)\bdeb(?:-src)?\s+\[[^]]*\btrusted=yes\b[^]]*\]\s+(?:https?|ftp)://[^\s\\]+`),
			hint: "trusted=yes", program: "apt"},
		{text: regexp.MustCompile(`\bdeb(?:-src)?\s+\[[^]]*\btrusted=yes\b[^]]*\]\s*(?:[/|#]g?$)`), // put in by sed
			hint: "trusted=yes", program: "apt"},
		{text: regexp.MustCompile(`(?m)(?:^|\\n)Trusted:\s*yes\b`), hint: "Trusted:", program: "apt", file: ".sources"},
		{text: regexp.MustCompile(`(?m)(?:(?:^|\\n)\s*gpgcheck\s*=\s*(?:0|no|false)\b|` +
			`/\s*gpgcheck\s*=\s*(?:0|no|false)\s*/[gI]*(?:$|;))`), hint: "gpgcheck", program: "yum"},
		{text: regexp.MustCompile(`(?m)(?:(?:^|\\n)\s*SigLevel\s*=\s*(?:Optional\s+)?(?:Never|TrustAll)\b|` +
			`/\s*SigLevel\s*=\s*(?:Optional\s+)?(?:Never|TrustAll)\s*/[gI]*(?:$|;))`),
			hint: "SigLevel", program: "pacman"},
	},
}

// ownFiles reports whether the command installs only files that the RUN does not download: those that
// the build has made or copied in have no signature to check.
func ownFiles(in *dockerfile.Instruction, c *dockerfile.Command) bool {
	if len(shell.Calls(in, "curl", "wget", "aria2c")) > 0 || strings.Contains(in.File().Text(c.Span), "://") {
		return false
	}
	files := 0
	for _, w := range shell.ReadAs(in, c, ecosystem.Spec{}).Operands {
		raw := in.File().Text(w.Span)
		ext := raw[strings.LastIndex(raw, ".")+1:]
		switch {
		case ext == "apk" || ext == "rpm" || ext == "deb" || strings.HasPrefix(raw, "/") ||
			strings.HasPrefix(raw, "./"):
			files++
		case !slices.Contains(installing, w.Text):
			return false
		}
	}
	return files > 0
}

// installing are the subcommands that files may follow.
var installing = []string{"add", "install", "localinstall", "upgrade"}

func reportUnsigned(p *analysis.Pass, in *dockerfile.Instruction, all []switched, c *dockerfile.Command) {
	s := all[0]
	p.Report(analysis.Finding{
		In: in, Span: s.span,
		Message: analysis.Say("%s makes %s install packages without checking their signatures", s.what, s.program),
		Why: analysis.Say("Only the signature shows that no one has replaced a package on a mirror or on the " +
			"network path."),
		Fix: signed(in, all, c),
	})
}

// signed removes the switches. `--force-yes` also answers yes to every question, which something must
// do.
func signed(in *dockerfile.Instruction, all []switched, c *dockerfile.Command) *analysis.Fix {
	caveat := analysis.Say("The key that signs the packages must be in the image first, for example with %s.",
		"[signed-by=/etc/apt/keyrings/NAME.asc]")
	switch all[0].program {
	case "yum", "dnf", "dnf5", "microdnf", "tdnf", "rpm", "zypper", "yum-config-manager", "yum-builddep":
		caveat = analysis.Say("The key that signs the packages must be in the image first, for example with %s.",
			"rpm --import")
	case "apk":
		caveat = analysis.Say("The key that signs the packages must be in %s first.", "/etc/apk/keys")
	}
	fix := removeAll(all, "Check the signatures", caveat)
	if fix == nil || c == nil || len(all) > 1 || all[0].what != "--force-yes" || saysYes(in, c) {
		return fix
	}
	fix.Edits = []analysis.Edit{{Span: all[0].span, New: "-y"}}
	return fix
}

// saysYes reports whether an apt-get call answers its questions itself.
func saysYes(in *dockerfile.Instruction, c *dockerfile.Command) bool {
	call := shell.Read(in, c)
	return call.Has("-y", "--yes", "--assume-yes")
}
