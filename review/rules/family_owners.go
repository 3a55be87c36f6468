package rules

import (
	"path"
	"slices"
	"strings"

	"github.com/dfbot/dfbot/review/analysis"
	"github.com/dfbot/dfbot/review/baseimage"
	"github.com/dfbot/dfbot/review/buildcontext"
	"github.com/dfbot/dfbot/review/dockerfile"
	"github.com/dfbot/dfbot/review/ecosystem"
	"github.com/dfbot/dfbot/review/shell"
)

// owners answers who may change what in the stages of a file, as far as the file and what is known of base images tell.
type owners struct {
	ctx   *buildcontext.Context
	users map[*dockerfile.Instruction]account
}

// ownersOf reads the users of a file. It is nil for a file that is too long to compare each instruction with all
// others.
func ownersOf(p *analysis.Pass) *owners {
	if p.File.InstructionCount() > longFile {
		return nil
	}
	o := &owners{ctx: p.Context, users: map[*dockerfile.Instruction]account{}}
	eachUser(p.File, func(in *dockerfile.Instruction, who account) { o.users[in] = who })
	return o
}

// rooted is a path that is root's where an instruction runs, and that no one else may change.
type rooted struct {
	by    *dockerfile.Instruction // that makes it; nil where the base image has it, or where it is not there
	sure  bool                    // every command before is known
	known bool                    // else nothing else holds
}

// root reports whether the path is certainly root's to change alone where the instruction runs, if it is there. The
// path is as Workdir gives it.
func (o *owners) root(in *dockerfile.Instruction, p string) rooted {
	return o.walk(in.Stage, in.Stage.Before(in), p)
}

// walk is root after the instructions of the stage and of those that it is built from.
func (o *owners) walk(s *dockerfile.Stage, before []*dockerfile.Instruction, p string) (r rooted) {
	ref, ok := baseOf(s)
	if !ok || !strings.HasPrefix(p, "/") || !plainOwners(ref) || openFolder(ref, p) {
		return rooted{}
	}
	r.sure = true
	s.From.File().Charge(len(before))
	for _, x := range before {
		switch o.effect(x, p, r.by != nil) {
		case makesIt:
			if r.by == nil {
				r.by = x
			}
		case mayGiveIt:
			return rooted{}
		case unknownEffect:
			r.sure = false
		}
	}
	r.known = true
	return r
}

// there reports whether the path certainly exists: an instruction makes it, or it is a folder of every system.
func (r rooted) there(p string) bool { return r.known && (r.by != nil || systemFolders[p]) }

// effect is what an instruction does to the owner of a path.
type effect uint8

const (
	noEffect effect = iota
	makesIt         // and gives it to root
	unknownEffect
	mayGiveIt // to someone else, or lets others change it
)

func (o *owners) effect(x *dockerfile.Instruction, p string, there bool) effect {
	switch x.Name {
	case "WORKDIR":
		to := x.Resolve(folderOf(x, x.Workdir()), bare(dockerfile.Word{Text: x.Args.String()}))
		_, below := dockerfile.Below(p, to)
		switch {
		case !strings.HasPrefix(to, "/"):
			return mayGiveIt
		case !below || there || systemFolders[p]:
			return noEffect
		case o.users[x].root():
			return makesIt
		}
		return mayGiveIt // BuildKit makes it as the user
	case "COPY", "ADD":
		return o.copyEffect(x, p, there)
	case "RUN":
		return o.runEffect(x, p, there)
	case "ONBUILD":
		return noEffect
	}
	return noEffect
}

// copyEffect is the effect of a COPY or ADD. A folder that is there keeps its owner and mode.
func (o *owners) copyEffect(x *dockerfile.Instruction, p string, there bool) effect {
	c := copyIn(x)
	if c == nil || len(c.Words) < 2 {
		return mayGiveIt
	}
	to, slash := x.Resolve(folderOf(x, x.Workdir()), lastWord(c).Text), strings.HasSuffix(lastWord(c).Text, "/")
	if !strings.HasPrefix(to, "/") {
		return mayGiveIt
	}
	_, below := dockerfile.Below(p, to)
	_, above := dockerfile.Below(to, p)
	switch {
	case !below && !above, there && below && x.Name == "COPY",
		!below && x.Name == "COPY" && !o.ctx.Copy(x).Touches(p):
		return noEffect
	case givesAway(x, c), x.Flag("from") != nil && above && to != p:
		return mayGiveIt
	case below && (to != p || slash || slices.ContainsFunc(buildcontext.Sources(c), buildcontext.Source.Whole)):
		return makesIt
	}
	return noEffect // perhaps it brings the path, as root's
}

// givesAway reports whether a COPY or ADD may give what it brings to another user than root, or let others change it:
// by its flags, or by what an archive says.
func givesAway(x, c *dockerfile.Instruction) bool {
	unpacks := x.Name == "ADD" &&
		slices.ContainsFunc(c.Words, func(w dockerfile.Word) bool { return archiveName(w.Text) })
	chown, chmod := x.Flag("chown"), x.Flag("chmod")
	return unpacks || chown != nil && !ownedByRoot(chown.Value) || chmod != nil && openMode(chmod.Value)
}

// folderOf is a folder in which an instruction works, with / for that of a base image that certainly leaves it there.
func folderOf(x *dockerfile.Instruction, dir string) string {
	if strings.HasPrefix(dir, "?") && dir == x.Workdir() && atRoot(x.Stage) && lastBefore(x, "WORKDIR") == nil {
		return "/"
	}
	return dir
}

// ownedByRoot reports whether an owner, as chown takes it, is root.
func ownedByRoot(owner string) bool {
	user, group, _ := strings.Cut(owner, ":")
	return (user == "root" || user == "0") && (group == "" || group == "root" || group == "0")
}

// openMode reports whether a mode may let others than the owner change a file or folder.
func openMode(text string) bool {
	if digits, ok := numeric(text); ok {
		return strings.Trim(digits[len(digits)-2:], "0145") != ""
	}
	all := actions(text)
	return len(all) == 0 || gives(all, "w", "go") || slices.ContainsFunc(all, func(a action) bool {
		return a.op != '-' && strings.ContainsAny(a.perms, "ugo")
	})
}

// runEffect is the effect of a RUN.
func (o *owners) runEffect(x *dockerfile.Instruction, p string, there bool) (is effect) {
	who := o.users[x]
	if x.JSON || x.Script == nil || x.Script.File == nil || len(x.Heredocs) > 0 || x.Script.Inner != "" {
		return mayGiveIt
	}
	x.File().Charge(len(x.Args.String()))
	cwd := foldersIn(x)
	for _, c := range shell.Commands(x) {
		s := commandOn{in: x, cmd: c, cwd: cwd[c], path: p, there: there}
		e := s.effect()
		if !who.root() && len(c.Wrapper) == 0 { // who may change only what is their own
			e = s.madeBy(e)
		}
		is = max(is, e)
	}
	return is
}

// foldersIn are those in which the commands of the RUN work, as far as they are known.
func foldersIn(x *dockerfile.Instruction) map[*dockerfile.Command]string {
	steps, _ := shell.Chain(x)
	cwd := map[*dockerfile.Command]string{}
	for _, st := range steps {
		cwd[st.Cmd] = folderOf(x, st.Cwd)
	}
	return cwd
}

// commandOn is a command with the path that it may change.
type commandOn struct {
	in    *dockerfile.Instruction
	cmd   *dockerfile.Command
	cwd   string // "" where it is not known
	path  string
	there bool
}

// madeBy is the effect of the command if a user other than root runs it: one that would make the path as root's makes
// it as the user's.
func (s *commandOn) madeBy(e effect) effect {
	switch {
	case s.there:
		return noEffect
	case e == makesIt:
		return mayGiveIt
	}
	return e
}

func (s *commandOn) effect() effect {
	name, _ := shell.Program(s.cmd)
	switch {
	case name == "" || slices.ContainsFunc(s.cmd.Wrapper, changesUser):
		return mayGiveIt
	case name == "chown" || name == "chgrp":
		return s.chown()
	case name == "chmod":
		return s.chmod()
	case name == "mkdir" || name == "install":
		return s.mkdir()
	case name == "useradd" || name == "adduser" || name == "usermod":
		return s.home()
	case movers[name], name == "cp" && s.keepsOwner():
		return s.touched(mayGiveIt)
	case systemManagers[name]:
		if slices.ContainsFunc(packageFolders, func(dir string) bool { return strings.HasPrefix(s.path, dir) }) {
			return mayGiveIt
		}
		return noEffect
	case keepsOwners[name]:
		return noEffect
	case strings.Contains(s.cmd.Words[0].Text, "/") || starters[name] || strings.Contains(name, "."):
		return mayGiveIt
	}
	return unknownEffect
}

// chown is the effect of chown and chgrp.
func (s *commandOn) chown() effect {
	call := shell.Read(s.in, s.cmd)
	if len(call.Operands) < 2 || call.Has("--reference", "--from") {
		return mayGiveIt
	}
	if owner := call.Operands[0]; owner.Known && ownedByRoot(owner.Text) && s.cmd.Name == "chown" {
		return noEffect
	}
	return s.of(call.Operands[1:], call.Has("-R", "--recursive"))
}

// chmod is the effect of chmod.
func (s *commandOn) chmod() effect {
	call := shell.Read(s.in, s.cmd)
	text, w, ok := modeOf(s.in, s.cmd)
	if ok && !openMode(text) {
		return noEffect
	}
	var paths []shell.Word
	for _, o := range call.Operands {
		if o.Span != w.Span {
			paths = append(paths, o)
		}
	}
	return s.of(paths, call.Has("-R", "--recursive"))
}

// of is the effect of a command that lets others change the operands, perhaps with all that is in them.
func (s *commandOn) of(paths []shell.Word, recursive bool) effect {
	for _, w := range paths {
		at, known := s.at(w)
		_, below := dockerfile.Below(at, s.path)
		if !known || at == s.path || recursive && below {
			return mayGiveIt
		}
	}
	return noEffect
}

// at is where the operand leads; for one with a pattern, the folder that what it matches is in.
func (s *commandOn) at(w shell.Word) (string, bool) {
	text := w.Text
	if !w.Known {
		return "", false
	}
	if i := strings.IndexAny(text, "*?[{"); i >= 0 {
		text = text[:i]
		if !strings.HasPrefix(text, "/") || strings.Count(text, "/") < 2 {
			return "", false
		}
		text = path.Dir(text)
	}
	if strings.HasPrefix(text, "~") || !strings.HasPrefix(text, "/") && s.cwd == "" {
		return "", false
	}
	at := dockerfile.Join(s.cwd, text)
	if strings.HasPrefix(text, "/") {
		at = path.Clean(text)
	}
	return at, strings.HasPrefix(at, "/")
}

// mkdir is the effect of mkdir and install.
func (s *commandOn) mkdir() effect {
	call := shell.Read(s.in, s.cmd)
	text, _, ok := modeOf(s.in, s.cmd)
	gives := call.Has("-o", "--owner", "-g", "--group") || ok && openMode(text)
	for _, w := range call.Operands {
		at, known := s.at(w)
		_, below := dockerfile.Below(s.path, at)
		switch {
		case !known, at == s.path && gives:
			return mayGiveIt
		case below && !s.there && (s.cmd.Name == "mkdir" || call.Has("-d", "--directory")):
			return makesIt
		}
	}
	return noEffect
}

// home is the effect of a command that makes a user, whose home folder may be any of the paths in its words.
func (s *commandOn) home() effect {
	for _, w := range s.cmd.Args() {
		text := s.in.File().Text(w.Span)
		at := path.Clean(strings.Trim(text[strings.IndexByte(text, '/')+1:], `"'`))
		_, below := dockerfile.Below("/"+at, s.path)
		if strings.Contains(text, "$") || strings.Contains(text, "/") && below || text == "0" || text == "-o" {
			return mayGiveIt
		}
	}
	return noEffect
}

// touched is the effect of a command of which only the words tell which paths it changes.
func (s *commandOn) touched(e effect) effect {
	for _, w := range s.cmd.Args() {
		text := w.Text
		if !w.Literal {
			text = s.in.File().Text(w.Span)
			if !strings.Contains(text, "/") && !strings.Contains(text, "$") {
				continue
			}
			return e
		}
		if i := strings.IndexByte(text, '='); i >= 0 && strings.HasPrefix(text, "-") {
			text = text[i+1:]
		}
		at, known := s.at(shell.Word{ShellWord: dockerfile.ShellWord{Text: text, Literal: true}, Known: true})
		_, below := dockerfile.Below(s.path, at)
		_, above := dockerfile.Below(at, s.path)
		if !known && !strings.HasPrefix(text, "-") || known && (below || above) {
			return e
		}
	}
	return noEffect
}

// plainOwners reports whether the image is known to hold the folders of a system, which are root's, and no others but
// those that openFolder knows.
func plainOwners(ref baseimage.Ref) bool {
	switch ref.Family() {
	case baseimage.Windows, baseimage.Scratch, baseimage.Distroless:
		return false
	}
	return plainImages[ref.Library()] || strings.HasPrefix(ref.Registry+"/"+ref.Name, "mcr.microsoft.com/dotnet/")
}

// plainImages are official images of systems and languages (https://github.com/docker-library/official-images, 2026).
var plainImages = setOf(`almalinux alpine amazoncorretto amazonlinux buildpack-deps centos debian eclipse-temurin
	elixir erlang fedora golang haskell httpd julia maven nginx node openjdk oraclelinux perl php python rockylinux ruby
	rust swift ubuntu`)

// openFolder reports whether a folder of such an image is not root's alone, or may not be: those of users and languages
// (https://github.com/docker-library/golang, ruby, php and httpd).
func openFolder(ref baseimage.Ref, p string) bool {
	if path.Dir(p) == "/home" || ref.Library() == "golang" && goFolders[p] {
		return true
	}
	return slices.ContainsFunc(openFolders, func(dir string) bool {
		return p == dir || strings.HasPrefix(p, dir+"/")
	})
}

var (
	goFolders = setOf("/go /go/bin /go/pkg /go/src")

	openFolders = strings.Fields(`/dev /proc /run /sys /tmp /usr/local/apache2 /usr/local/bundle /usr/local/cargo
		/usr/local/rustup /var/cache /var/lib /var/lock /var/log /var/mail /var/run /var/spool /var/tmp /var/www/html`)

	// systemFolders are there in every system, and root's.
	systemFolders = setOf(`/ /bin /etc /home /lib /mnt /opt /sbin /srv /usr /usr/bin /usr/lib /usr/local
		/usr/local/bin /usr/local/lib /usr/sbin /usr/share /var`)

	// packageFolders are where packages of the system may put folders of their own users'.
	packageFolders = []string{"/etc", "/run", "/srv/", "/usr/lib", "/usr/share", "/var"}
)

// What programs do to owners.
var (
	// movers bring files with their owners, or make folders and links.
	movers = setOf(`7z bsdtar cpio dpkg find ln mv pax rpm rsync setfacl tar unrar unzip xargs`)

	// starters run other code.
	starters = setOf(`. ansible-playbook ash bash chroot cmake dash env eval exec fakeroot gosu just make ninja nohup
		parallel perl puppet rake runuser setpriv sh source su su-exec sudo task zsh`)

	// systemManagers install packages of the system.
	systemManagers = setOf(`apk apt apt-get dnf microdnf tdnf yum zypper`)

	// keepsOwners leave owners and modes of folders that are there as they are, and make others as the user who runs
	// them.
	keepsOwners = setOf(`: [ a2dissite a2enmod a2ensite addgroup apt-config apt-key apt-mark awk basename bun bundle
		bundler cargo cat cd chpasswd command composer corepack cp curl cut date dd delgroup deluser dirname
		docker-php-ext-configure docker-php-ext-enable docker-php-ext-install dotnet dpkg-reconfigure echo exit export
		false fc-cache gem getconf git go gpg grep groupadd groupmod hash head id jq ldconfig locale-gen localedef ls
		md5sum mix mvn ng node npm npx nproc passwd pdm pecl pip pip3 pipenv pnpm poetry printf pwd python python3
		readlink realpath rebar3 rm rmdir ruby rustup sed set sha256sum sha512sum sleep sort tail tee test touch tr trap
		true tsc type umask uname uniq unset update-alternatives update-ca-certificates userdel uv virtualenv vite wc
		wget which yarn yq`)
)

// keepsOwner reports whether the cp copies owners too.
func (s *commandOn) keepsOwner() bool {
	call := shell.ReadAs(s.in, s.cmd, copying)
	return call.Open() || call.Has("-a", "-p", "--archive", "--preserve")
}

// copying are the flags of cp, which may share a word.
var copying = ecosystem.Spec{Bundles: true, Valued: []string{"-t", "--target-directory", "-S", "--suffix"}}
