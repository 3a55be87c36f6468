package rules

import (
	"slices"
	"strings"

	"github.com/dfbot/dfbot/review/analysis"
	"github.com/dfbot/dfbot/review/baseimage"
	"github.com/dfbot/dfbot/review/dockerfile"
	"github.com/dfbot/dfbot/review/edit"
	"github.com/dfbot/dfbot/review/shell"
)

var userNotCreated = &analysis.Rule{
	Name:     "user-not-created",
	Doc:      "User or group by a name that the base image does not have and no earlier step creates",
	Topic:    analysis.Users,
	Since:    "0.1",
	Severity: analysis.Error,
	Severities: "error, warning in a stage that the final image does not need, for a chown whose failure is ignored, " +
		"and for the default of an ARG",
	Run: func(p *analysis.Pass) {
		said := map[stageAccount]bool{}
		for _, in := range p.File.Instructions() {
			if windows, known := stageWindows(in); windows || !known {
				continue
			}
			for _, use := range accountUses(in) {
				key := stageAccount{in.Stage, use.group, use.name}
				if said[key] { // what is there once stays
					continue
				}
				if said[key] = true; use.missing() {
					said[stageAccount{in.Stage, true, use.name}] = true // the group comes with it
					use.report(p)
				}
			}
		}
	},
}

type stageAccount struct {
	stage *dockerfile.Stage
	group bool
	name  string
}

// accountUse is a place that names a user or a group.
type accountUse struct {
	in      *dockerfile.Instruction
	span    dockerfile.Span
	name    string
	group   bool
	ignored bool // the build goes on where the name is not known
	dflt    bool // only by the default of an ARG
}

// accountUses lists the users and groups that the instruction names.
func accountUses(in *dockerfile.Instruction) []accountUse {
	switch in.Name {
	case "USER":
		if ends := in.Stage.Last("USER") == in && in.Stage.Ships(); ends || runsAs(in) {
			args := in.Args.String()
			return accountsIn(accountUse{in: in, span: in.Args.Span(0, len(args))}, in.Expand(args))
		}
	case "COPY", "ADD":
		if f := in.Flag("chown"); f != nil {
			return accountsIn(accountUse{in: in, span: f.Span}, in.Expand(f.Value))
		}
	case "RUN":
		return chownUses(in)
	}
	return nil
}

// runsAs reports whether a RUN works as the user of the USER.
func runsAs(user *dockerfile.Instruction) bool {
	for _, in := range user.Stage.Instructions() {
		if in.Index > user.Index && in.Name == "USER" {
			return false
		}
		if in.Index > user.Index && in.Name == "RUN" {
			return true
		}
	}
	return false
}

// accountsIn takes the user and the group out of a value such as app:app.
func accountsIn(use accountUse, v dockerfile.Value) (all []accountUse) {
	if !v.Known {
		return nil
	}
	use.dflt = v.Default
	user, group, _ := strings.Cut(v.Text, ":")
	for i, name := range []string{user, group} {
		if name == "" || isNumber(name) || strings.ContainsAny(name, "$\\\"' \t") {
			continue
		}
		use.name, use.group = name, i == 1
		all = append(all, use)
	}
	return all
}

// chownUses lists those that a chown names which certainly runs.
func chownUses(in *dockerfile.Instruction) (all []accountUse) {
	if in.Script == nil || in.Script.Shell == "" {
		return nil
	}
	for _, r := range reachedCommands(in.Script) {
		if r.cmd.Name != "chown" || len(r.cmd.Wrapper) > 0 {
			continue
		}
		call := shell.Read(in, r.cmd)
		if len(call.Operands) < 2 || call.Has("--from", "--reference") || call.Open() || !call.Operands[0].Known {
			continue
		}
		owner := call.Operands[0]
		use := accountUse{in: in, span: owner.Span, ignored: !r.fatal}
		names := strings.Replace(owner.Text, ".", ":", 1)
		all = append(all, accountsIn(use, dockerfile.Value{Text: names, Known: true})...)
	}
	return all
}

// missing reports whether the name is certainly not known there.
func (u accountUse) missing() bool {
	ref, ok := baseOf(u.in.Stage)
	if !ok || u.group && !ref.LacksGroup(u.name) || !u.group && !ref.LacksUser(u.name) {
		return false
	}
	for _, in := range u.in.Stage.Before(u.in) {
		if u.madeBy(in, in.Span.End) {
			return false
		}
	}
	return u.in.Name != "RUN" || !u.madeBy(u.in, u.span.Start)
}

// madeBy reports whether the instruction, up to the offset, may make the user or group.
func (u accountUse) madeBy(in *dockerfile.Instruction, until int) bool {
	switch in.Name {
	case "COPY", "ADD":
		return mayPut(in, "/etc/passwd") || mayPut(in, "/etc/group")
	case "RUN":
		return u.madeByCode(in, until)
	}
	return false
}

// madeByCode reports whether the code before the offset may make it.
func (u accountUse) madeByCode(in *dockerfile.Instruction, until int) bool {
	s := in.Script
	if s == nil || s.File == nil || s.Shell == "" {
		return true
	}
	text := in.File().Text(in.Span)
	in.File().Charge(len(text))
	if containsAny(text, "/etc/passwd", "/etc/group", "newusers", "sysusers") {
		return true
	}
	for _, c := range s.Commands() {
		if c.Span.Start >= until {
			break
		}
		if u.madeByCommand(in, c) {
			return true
		}
	}
	return false
}

// madeByCommand reports whether the command may make it.
func (u accountUse) madeByCommand(in *dockerfile.Instruction, c *dockerfile.Command) bool {
	named := func(w dockerfile.ShellWord) bool {
		return !w.Literal || strings.Contains(w.Text, u.name) || w.Text == "/"
	}
	switch {
	case accountMakers[c.Name] != "", c.Name == "usermod", c.Name == "groupmod", c.Name == "tar":
		return slices.ContainsFunc(c.Args(), named)
	case packageWrites[c.Name] != nil:
		return serviceAccounts[u.name] || slices.ContainsFunc(c.Args(), named)
	}
	return unforeseeable(c)
}

// serviceAccounts are names that packages make.
var serviceAccounts = setOf(`mysql postgres nginx redis mongodb mongod rabbitmq elasticsearch jenkins tomcat
	tomcat9 sshd messagebus polkitd avahi ntp chrony _chrony dnsmasq unbound bind named postfix postdrop dovecot
	dovenull clamav memcache memcached mosquitto haproxy varnish vcache squid tor debian-tor apache apache2 httpd
	lighttpd caddy git gitolite gitea zabbix nagios grafana prometheus influxdb telegraf consul vault nomad couchdb
	neo4j solr zookeeper kafka cassandra icinga munin asterisk freeswitch openvpn docker dockremap _ssh ssh crontab
	fuse pulse pulse-access rtkit colord geoclue gdm lightdm xrdp vboxsf wireshark mail proxy uuidd tss tcpdump rpc
	statd lxd libvirt kvm render netdev bluetooth scanner i2c spi gpio opendkim opendmarc spamd debian-spamd puppet
	salt foreman ossec wazuh fluentd td-agent logstash kibana filebeat unifi plex sabnzbd transmission
	debian-transmission minidlna murmur znc oident ircd quassel prosody ejabberd turnserver coturn radicale uwsgi
	gunicorn celery www wwwrun nut`)

func (u accountUse) report(p *analysis.Pass) {
	image, kind := u.in.Stage.Root().Image, "user"
	if u.group {
		kind = "group"
	}
	f := analysis.Finding{
		In: u.in, Span: u.span, Subject: kind + " " + u.name, Because: u.in.Stage.SetBy(nil),
		Message: analysis.Say("The "+kind+" %s is not in %s, and no step before creates it", u.name, image.Text),
		Why:     analysis.Say("The build fails here."), Fix: u.create(),
	}
	switch {
	case u.ignored:
		f.Why = analysis.Say("The command fails, and the files keep their owner.")
	case u.in.Name == "USER" && !runsAs(u.in):
		f.Why = analysis.Say("The container cannot start.")
	case u.in.Name == "USER":
		f.Why = analysis.Say("The next %s fails.", "RUN")
	}
	if u.group && u.name == "nobody" {
		f.Why.Format += " The group of that user is %s there."
		f.Why.Args = append(f.Why.Args, "nogroup")
	}
	if u.ignored || !u.in.Stage.Needed() || u.dflt || image.Default {
		f.AtMost = analysis.Warning
	}
	p.Report(f)
}

// create is the fix that makes the user above the step; nil where the step does not run as root, or where a later step
// makes it.
func (u accountUse) create() *analysis.Fix {
	ref, _ := baseOf(u.in.Stage)
	user, known := ref.User()
	if lastBefore(u.in, "USER") != nil || !known || user != "root" {
		return nil
	}
	family := ref.Family()
	if family == baseimage.Scratch && u.in.Name == "USER" && !strings.Contains(u.in.Args.String(), ":") {
		fix := &analysis.Fix{Title: "Use a number", Applicability: analysis.Unsafe,
			Edits: []analysis.Edit{{Span: u.span, New: "65532:65532"}}}
		fix.Drops = []dockerfile.Span{u.in.Span}
		fix.Adds = []analysis.Addition{{Stage: u.in.Stage.Index, Text: "USER 65532:65532"}}
		fix.Assume("65532 may read what the program reads")
		return fix
	}
	if u.in.Name == "RUN" || u.group || u.madeLater() {
		return nil
	}
	account := newAccount{name: u.name, system: true}
	line := "RUN " + account.shadow()
	if family.BusyBoxTools() {
		line = "RUN " + account.busyBox()
	} else if !family.Apt() {
		return nil
	}
	fix := edit.InsertAbove(u.in, line)
	fix.Title, fix.Applicability = "Create the user", analysis.Unsafe
	fix.Adds = []analysis.Addition{{Stage: u.in.Stage.Index, Text: line}}
	fix.Assume("the user needs no certain number and no home folder")
	return fix
}

// madeLater reports whether a later step of the stage names the user.
func (u accountUse) madeLater() bool {
	for _, in := range u.in.Stage.Instructions() {
		if in.Index > u.in.Index && u.madeBy(in, in.Span.End) {
			return true
		}
	}
	return false
}
