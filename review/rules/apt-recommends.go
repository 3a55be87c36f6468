package rules

import (
	"slices"
	"strings"

	"github.com/dfbot/dfbot/review/analysis"
	"github.com/dfbot/dfbot/review/dockerfile"
	"github.com/dfbot/dfbot/review/ecosystem"
	"github.com/dfbot/dfbot/review/shell"
)

var aptRecommends = &analysis.Rule{
	Name:       "apt-recommends",
	Doc:        "apt-get install without --no-install-recommends, which also installs recommended packages",
	Topic:      analysis.Packages,
	Since:      "0.1",
	Severity:   analysis.Warning,
	Severities: "warning, notice in a build stage and where nothing is known of the base image",
	Aliases:    []string{"DL3015", "DS-0029"},
	Run: func(p *analysis.Pass) {
		var certs *certificateUse
		decided := map[*dockerfile.Stage]bool{} // apt's configuration has the setting
		for _, in := range p.File.Instructions() {
			if in.Name == "FROM" && in.Stage.Parent != nil {
				decided[in.Stage] = decided[in.Stage.Parent]
			}
			decided[in.Stage] = decided[in.Stage] || configuresRecommends(in)
			for _, c := range shell.Commands(in) {
				if call := aptCall(in, c); call != nil && !decided[in.Stage] {
					if certs == nil {
						certs = certificatesOf(p.File)
					}
					reportRecommends(p, in, c, call, certs.needs(in, c), certs.had[in])
				}
			}
		}
	},
}

// aptInstall is an apt-get call that installs packages and does not decide about recommended ones.
type aptInstall struct {
	flagAfter dockerfile.ShellWord // the new flag goes after this word
	first     dockerfile.ShellWord // the first package
	packages  []string             // those named literally
}

// aptCall reads an apt-get or apt command, and returns nil unless it also installs recommended
// packages.
func aptCall(in *dockerfile.Instruction, c *dockerfile.Command) *aptInstall {
	if c.Name != "apt-get" && c.Name != "apt" {
		return nil
	}
	call := readSystem(ecosystem.Apt, in, c)
	if call.Sub.Text != "install" || len(call.Operands) == 0 || call.Open() || decidesRecommends(call) {
		return nil // `apt-get install -f` only repairs
	}
	install := &aptInstall{flagAfter: call.Sub.ShellWord, first: call.Operands[0].ShellWord}
	for _, f := range call.Flags {
		ownWord := !f.Valued || f.Value.At == f.Word.At
		if ownWord && f.Word.At > call.Sub.At && f.Word.At < call.Operands[0].At {
			install.flagAfter = f.Word.ShellWord
		}
	}
	for _, w := range call.Operands {
		if w.Known {
			install.packages = append(install.packages, w.Text)
		}
	}
	return install
}

// decidesRecommends reports whether a flag settles the question: recommended packages are mentioned, or nothing is
// installed at all.
func decidesRecommends(call *shell.Call) bool {
	return call.Has("--print-uris", "-s", "--simulate", "--dry-run", "--just-print", "--recon", "--no-act") ||
		slices.ContainsFunc(call.Flags, func(f shell.Flag) bool {
			return strings.Contains(strings.ToLower(f.Name+f.Value.Text), "install-recommends")
		})
}

// bringsGcc reports whether the package depends on gcc.
func bringsGcc(name string) bool { return name == "g++" || name == "build-essential" }

// configuresRecommends reports whether the instruction writes the setting to apt's configuration.
func configuresRecommends(in *dockerfile.Instruction) bool {
	if in.Name != "RUN" && in.Name != "COPY" && in.Name != "ADD" && in.Name != "ENV" {
		return false
	}
	text := in.File().Text(in.Span)
	return strings.Contains(text, "::") && strings.Contains(strings.ToLower(text), "apt::install-recommends")
}

// recommendedWith are packages that an image is likely to need and that Debian and Ubuntu only recommend along
// with the first (packages.debian.org: Recommends of curl's library, wget and git; of gcc).
var recommendedWith = map[string]struct {
	name   string
	caveat analysis.Message
}{
	"curl": https, "wget": https, "git": https,
	"gcc": {"libc6-dev", analysis.Say("%s only recommends %s: add it to the list if the image compiles C.",
		"gcc", "libc6-dev")},
}

var https = struct {
	name   string
	caveat analysis.Message
}{certificates, analysis.Say("%s is only a recommended package here: add it to the list if the image uses HTTPS.",
	certificates)}

// reportRecommends reports the call; https is true where the image needs the certificates for a later
// command, there where it has them already.
func reportRecommends(
	p *analysis.Pass, in *dockerfile.Instruction, c *dockerfile.Command, call *aptInstall, https, there bool,
) {
	at := call.flagAfter.Span.End
	f := analysis.Finding{
		In: in, Span: c.Span,
		Message: analysis.Say("%s also pulls in recommended packages that nothing here asks for", c.Name+" install"),
		Why:     analysis.Say("They make the image larger and add vulnerabilities that you have to patch."),
		Fix: &analysis.Fix{
			Title:         "Add --no-install-recommends",
			Applicability: analysis.Unsafe,
			Caveat:        call.caveat(in, https, there),
			Edits:         []analysis.Edit{analysis.Insert(at, " --no-install-recommends")},
		},
	}
	if https {
		f.Fix.Edits = append(f.Fix.Edits, call.alsoInstall(in, certificates))
		f.Fix.Title = "Add --no-install-recommends and " + certificates
	}
	if unseenBase(in.Stage) {
		f.AtMost = analysis.Notice
		f.Message = analysis.Say("%s also pulls in recommended packages, unless the base image configures %s not to",
			c.Name+" install", c.Name)
		f.Because = in.Stage.SetBy(nil)
	}
	if !in.Stage.Ships() {
		f.AtMost = analysis.Notice
		f.Why = analysis.Say("They make every build that runs this step download more.")
	}
	p.Report(f)
}

// alsoInstall adds one more package, before the first and in its layout.
func (call *aptInstall) alsoInstall(in *dockerfile.Instruction, name string) analysis.Edit {
	gap := in.File().Text(dockerfile.Span{Start: call.flagAfter.Span.End, End: call.first.Span.Start})
	if strings.Trim(gap, " \t\r\n"+string(in.File().Escape)) != "" {
		gap = " "
	}
	return analysis.Insert(call.first.Span.Start, name+gap)
}

// caveat says what to check when recommended packages are no longer installed; added reports whether the fix
// adds the certificates, there whether the image has them already.
func (call *aptInstall) caveat(in *dockerfile.Instruction, added, there bool) analysis.Message {
	for _, p := range call.packages {
		if m, ok := recommendedWith[p]; ok && !(m.name == certificates && (added || there)) &&
			!strings.Contains(in.File().Text(in.Span), m.name) &&
			!(p == "gcc" && slices.ContainsFunc(call.packages, bringsGcc)) {
			return m.caveat
		}
	}
	if added {
		return analysis.Say("%s is added because a later command may use HTTPS: "+
			"add any other recommended package that the image needs.", certificates)
	}
	return analysis.Say("Recommended packages are no longer installed: add the ones that the image needs to the list.")
}
