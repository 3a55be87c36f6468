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
		elsewhere := configuration{aptConfiguration, saysRecommends}
		asks := false
		for _, in := range p.File.Instructions() {
			asks = asks || len(aptCalls(in)) > 0
		}
		for _, in := range p.File.Instructions() {
			if !asks {
				return
			}
			if in.Name == "FROM" && in.Stage.Parent != nil {
				decided[in.Stage] = decided[in.Stage.Parent]
			}
			decided[in.Stage] = decided[in.Stage] || configuresRecommends(in) || elsewhere.elsewhere(p, in)
			if calls := aptCalls(in); len(calls) > 0 && !decided[in.Stage] {
				if certs == nil {
					certs = certificatesOf(p.File)
				}
				reportRecommends(p, in, calls, certs)
			}
		}
	},
}

// aptInstall is an apt-get call that installs packages and does not decide about recommended ones.
type aptInstall struct {
	cmd       *dockerfile.Command
	flagAfter dockerfile.ShellWord // the new flag goes after this word
	first     dockerfile.ShellWord // the first package
	packages  []string             // those named literally
}

// aptCalls lists the calls of an instruction that also install recommended packages.
func aptCalls(in *dockerfile.Instruction) (all []*aptInstall) {
	for _, c := range shell.Commands(in) {
		if call := aptCall(in, c); call != nil {
			all = append(all, call)
		}
	}
	return all
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
	install := &aptInstall{cmd: c, flagAfter: call.Sub.ShellWord, first: call.Operands[0].ShellWord}
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
	return saysRecommends(text)
}

// saysRecommends reports whether the text has the setting, as in apt.conf(5).
func saysRecommends(text string) bool {
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

// reportRecommends reports the calls of an instruction, all in one finding.
func reportRecommends(
	p *analysis.Pass, in *dockerfile.Instruction, calls []*aptInstall, certs *certificateUse,
) {
	first := calls[0].cmd
	program := first.Name
	f := analysis.Finding{
		In: in, Span: first.Span,
		Message: analysis.Say("%s also pulls in recommended packages that nothing here asks for", program+" install"),
		Why:     analysis.Say("They make the image larger and add vulnerabilities that you have to patch."),
		Fix:     withoutRecommends(in, calls, certs),
	}
	if len(calls) > 1 {
		f.Extent = map[string]int{"installs": len(calls)}
		f.Message = analysis.Say("%s and %d more in this instruction also pull in recommended packages that nothing "+
			"here asks for", program+" install", len(calls)-1)
	}
	if unseenBase(in.Stage) {
		f.AtMost = analysis.Notice
		f.Message = analysis.Say("%s also pulls in recommended packages, unless the base image configures %s not to",
			program+" install", program)
		f.Because = in.Stage.SetBy(nil)
	}
	if !in.Stage.Ships() {
		f.AtMost = analysis.Notice
		f.Why = analysis.Say("They make every build that runs this step download more.")
	}
	p.Report(f)
}

// maxInstalls bounds the calls of an instruction that one fix changes.
const maxInstalls = 32

// withoutRecommends is the fix for all the calls; nil where there are too many. The certificates are added once, where
// the image needs them for a later command and does not have them already.
func withoutRecommends(in *dockerfile.Instruction, calls []*aptInstall, certs *certificateUse) *analysis.Fix {
	if len(calls) > maxInstalls {
		return nil
	}
	fix := &analysis.Fix{Title: "Add --no-install-recommends", Applicability: analysis.Unsafe}
	added, there := false, certs.had[in]
	for _, call := range calls {
		fix.Edits = append(fix.Edits, analysis.Insert(call.flagAfter.Span.End, " --no-install-recommends"))
		if certs.needs(in, call.cmd) && !added {
			added = true
			fix.Edits = append(fix.Edits, call.alsoInstall(in, certificates))
			fix.Title = "Add --no-install-recommends and " + certificates
		}
	}
	for _, call := range calls {
		if m, ok := call.recommended(in, added || there); ok {
			fix.Caveat = m
			return fix
		}
	}
	fix.Caveat = analysis.Say(
		"Recommended packages are no longer installed: add the ones that the image needs to the list.")
	if added {
		fix.Caveat = analysis.Say("%s is added because a later command may use HTTPS: "+
			"add any other recommended package that the image needs.", certificates)
	}
	return fix
}

// alsoInstall adds one more package, before the first and in its layout.
func (call *aptInstall) alsoInstall(in *dockerfile.Instruction, name string) analysis.Edit {
	gap := in.File().Text(dockerfile.Span{Start: call.flagAfter.Span.End, End: call.first.Span.Start})
	if strings.Trim(gap, " \t\r\n"+string(in.File().Escape)) != "" {
		gap = " "
	}
	return analysis.Insert(call.first.Span.Start, name+gap)
}

// recommended names a recommended package that the image is likely to need; trusts reports whether it has or gets the
// certificates.
func (call *aptInstall) recommended(in *dockerfile.Instruction, trusts bool) (analysis.Message, bool) {
	for _, p := range call.packages {
		if m, ok := recommendedWith[p]; ok && !(m.name == certificates && trusts) &&
			!strings.Contains(in.File().Text(in.Span), m.name) &&
			!(p == "gcc" && slices.ContainsFunc(call.packages, bringsGcc)) {
			return m.caveat, true
		}
	}
	return analysis.Message{}, false
}
