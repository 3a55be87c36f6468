package baseimage

// LacksUser reports whether the image certainly has no user of that name.
func (r Ref) LacksUser(name string) bool { return r.lacksAccount(name, debianUsers, alpineUsers) }

// LacksGroup reports whether the image certainly has no group of that name.
func (r Ref) LacksGroup(name string) bool { return r.lacksAccount(name, debianGroups, alpineGroups) }

func (r Ref) lacksAccount(name string, debian, alpine map[string]bool) bool {
	f := r.Family()
	if f == Scratch {
		return name != "root"
	}
	row, ok := r.held()
	if !ok || words(row.users)[name] {
		return false
	}
	switch {
	case f.Apt():
		return !debian[name] && r.system() != ""
	case f == Alpine:
		return !alpine[name] && r.system() != ""
	}
	return false
}

// The users and groups of the systems, those of all their releases, and those that packages of buildpack-deps add
// (https://salsa.debian.org/debian/base-passwd, passwd.master and group.master; ubuntu-base of 24.04 adds ubuntu;
// https://git.alpinelinux.org/aports/tree/main/alpine-baselayout, passwd and group; 2026).
var (
	debianUsers = setOf(`
		root daemon bin sys sync games man lp mail news uucp proxy www-data backup list irc gnats _apt
		ubuntu sshd _ssh messagebus systemd-network systemd-resolve systemd-timesync libuuid syslog ` + "nobody")
	debianGroups = setOf(`
		root daemon bin sys adm tty disk lp mail news uucp man proxy kmem dialout fax voice cdrom floppy tape
		sudo audio dip www-data backup operator list irc src gnats shadow utmp video sasl plugdev staff games
		users nogroup ubuntu ssh _ssh crontab messagebus input kvm render sgx netdev systemd-journal
		systemd-network systemd-resolve systemd-timesync libuuid syslog docker`)
	alpineUsers = setOf(`
		root bin daemon adm lp sync shutdown halt mail news uucp operator man postmaster cron ftp sshd at squid
		xfs games postgres cyrus vpopmail ntp smmsp guest ` + "nobody")
	alpineGroups = setOf(`
		root bin daemon sys adm tty disk lp mem kmem wheel floppy mail news uucp man cron console audio cdrom
		dialout ftp sshd input at tape video netdev readproc squid xfs kvm games shadow cdrw usb vpopmail users
		ntp nofiles smmsp locate abuild utmp ping nogroup www-data cyrus postgres postmaster guest render ` + "nobody")
)
