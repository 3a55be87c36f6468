package baseimage

import "strings"

// Package names the package of the system that brings the program; "" where none is known.
func (f Family) Package(program string) string {
	var table map[string]string
	switch {
	case f.Apt():
		table = debianPackages
	case f == Alpine:
		table = alpinePackages
	case f == RedHat:
		table = redHatPackages
	}
	return table[program]
}

// MayBring reports whether the package of the system may bring the program, by itself or with what is installed along
// with it.
func (f Family) MayBring(pkg, program string) bool {
	switch {
	case pkg == program || f.Package(program) == pkg:
		return true
	case f.Apt():
		return !debianKnown(pkg) || words(debianCarriers[program])[pkg]
	case f == Alpine:
		return !alpineKnown[pkg] || words(alpineCarriers[program])[pkg]
	}
	return true
}

// debianKnown reports whether it is known what is installed along with the package: it is in the table, or one of the
// kinds that need nothing but libraries.
func debianKnown(pkg string) bool {
	return debianPlain[pkg] || debianCarrying[pkg] || strings.HasPrefix(pkg, "fonts-") ||
		strings.HasPrefix(pkg, "libx11-") || strings.HasPrefix(pkg, "libicu")
}

func pairs(list string) map[string]string {
	all := map[string]string{}
	for _, pair := range strings.Fields(list) {
		pkg, programs, _ := strings.Cut(pair, ":")
		for _, program := range strings.Split(programs, ",") {
			all[program] = pkg
		}
	}
	return all
}

// The packages of programs, each as package:program,program
// (https://packages.debian.org, https://pkgs.alpinelinux.org, https://packages.fedoraproject.org; 2026).
var (
	debianPackages = pairs(`
		curl:curl wget:wget git:git mercurial:hg subversion:svn openssh-client:ssh,scp,ssh-keygen,ssh-keyscan make:make
		cmake:cmake gcc:gcc,cc g++:g++,c++ autoconf:autoconf python3:python3 python-is-python3:python
		python3-pip:pip,pip3 nodejs:node npm:npm,npx default-jre-headless:java ruby:ruby,gem ruby-bundler:bundle
		golang-go:go cargo:cargo rustc:rustc php-cli:php composer:composer gnupg:gpg unzip:unzip zip:zip
		psmisc:killall iputils-ping:ping iproute2:ip,ss net-tools:netstat,ifconfig netcat-openbsd:nc telnet:telnet
		dnsutils:dig bind9-host:host vim:vim nano:nano less:less file:file jq:jq rsync:rsync sudo:sudo gosu:gosu
		tini:tini dumb-init:dumb-init lsb-release:lsb_release software-properties-common:add-apt-repository
		locales:locale-gen cron:crontab ca-certificates:update-ca-certificates openssl:openssl gettext-base:envsubst
		man-db:man patch:patch strace:strace lsof:lsof socat:socat tree:tree htop:htop supervisor:supervisord
		nginx:nginx postgresql-client:psql default-mysql-client:mysql redis-tools:redis-cli systemd:systemctl
		bzip2:bzip2 xz-utils:xz procps:ps,top,pkill,pgrep,free,uptime adduser:adduser,addgroup,deluser,delgroup
		perl:perl`)
	alpinePackages = pairs(`
		bash:bash curl:curl git:git mercurial:hg subversion:svn openssh-client:ssh,scp openssh-keygen:ssh-keygen
		make:make cmake:cmake gcc:gcc,cc g++:g++,c++ autoconf:autoconf python3:python,python3 py3-pip:pip,pip3
		nodejs:node npm:npm,npx yarn:yarn openjdk21-jre-headless:java ruby:ruby,gem ruby-bundler:bundle go:go
		cargo:cargo rust:rustc php:php composer:composer gnupg:gpg zip:zip jq:jq rsync:rsync sudo:sudo gosu:gosu
		su-exec:su-exec tini:tini dumb-init:dumb-init ca-certificates:update-ca-certificates openssl:openssl
		gettext-envsubst:envsubst perl:perl file:file vim:vim nano:nano htop:htop strace:strace socat:socat
		supervisor:supervisord nginx:nginx postgresql-client:psql mariadb-client:mysql redis:redis-cli
		bind-tools:dig shadow:useradd,groupadd,usermod,groupmod,userdel,groupdel`)
	redHatPackages = pairs(`
		git:git make:make gcc:gcc,cc gcc-c++:g++,c++ nodejs:node,npm,npx wget:wget tar:tar
		shadow-utils:useradd,groupadd,usermod,groupmod,userdel,groupdel,adduser`)
)

// debianCarriers are the packages with which a program is installed, whether they need it or only recommend it, of
// those that are in debianPlain or here: the closures of Debian 12's index (2026-12-01).
var debianCarriers = map[string]string{
	"adduser":  "openssh-client openssh-server ssh git dbus",
	"addgroup": "openssh-client openssh-server ssh git dbus",
	"bundle":   "ruby ruby-dev",
	"autoconf": "automake libtool libboost-all-dev libgdal-dev libmagickwand-dev libvips-dev",
	"bzip2":    "build-essential dpkg-dev npm python3-pip",
	"curl":     "gettext libvips-dev",
	"cc":       debianGcc,
	"envsubst": "gettext libvips-dev",
	"file":     "libtool libboost-all-dev libgdal-dev libmagickwand-dev libvips-dev",
	"g++":      "build-essential dpkg-dev golang golang-go npm python3-pip",
	"c++":      "build-essential dpkg-dev golang golang-go npm python3-pip",
	"gcc":      debianGcc,
	"git":      "npm git-lfs",
	"go":       "golang",
	"gpg":      "build-essential dirmngr dpkg-dev gnupg gnupg2 libgpgme-dev npm python3-pip software-properties-common",
	"host":     "dnsutils krb5-user",
	"ip":       "nginx",
	"java":     "default-jdk default-jre maven openjdk-17-jdk openjdk-17-jre-headless",
	"killall": "chromium cmake cron default-jdk default-jre firefox-esr libgtk-3-0 npm openjdk-17-jdk openssh-server " +
		"parallel php-cli procps xdg-utils",
	"less":    "git git-lfs npm",
	"make":    "build-essential cmake dpkg-dev npm python3-pip",
	"mysql":   "mariadb-client",
	"nc":      "netcat netcat-traditional",
	"node":    "npm",
	"npm":     "nodejs", // of the makers' own repository
	"npx":     "nodejs",
	"openssl": debianOpenssl,
	"patch":   "build-essential dpkg-dev git git-lfs npm python3-pip",
	"ps": "chromium cmake default-jdk default-jre firefox-esr libgtk-3-0 npm openjdk-17-jdk openssh-server parallel " +
		"xdg-utils",
	"python":      "python-is-python3 python-dev python2.7 python",
	"python3":     debianPython,
	"ssh":         "git git-lfs mercurial npm openssh-server libboost-all-dev sshpass",
	"scp":         "git git-lfs mercurial npm openssh-server libboost-all-dev sshpass",
	"ssh-keygen":  "git git-lfs mercurial npm openssh-server libboost-all-dev sshpass",
	"ssh-keyscan": "git git-lfs mercurial npm openssh-server libboost-all-dev sshpass",
	"systemctl": "chromium default-jdk default-jre firefox-esr libgtk-3-0 npm openssh-server parallel " +
		"xdg-utils",
	"unzip":                  "zip ruby ruby-dev",
	"update-ca-certificates": debianOpenssl,
	"vim":                    "vim-tiny vim-nox",
	"xz":                     "build-essential dpkg-dev npm python3-pip parallel",
	"zip":                    "ruby ruby-dev",
}

const (
	debianGcc = "build-essential cargo cmake dpkg-dev flex g++ gcc gfortran golang golang-go libboost-all-dev " +
		"libgdal-dev libmagickwand-dev libtool libvips-dev musl-tools npm python3-pip rustc clang"
	debianOpenssl = "ca-certificates cargo chromium clang cmake cron curl default-jdk default-jre ffmpeg gdal-bin " +
		"gdb gettext git git-lfs " +
		"libboost-all-dev libcurl4 libcurl4-openssl-dev libgdal-dev libglib2.0-dev libhdf5-dev " +
		"libmagickwand-dev libproj-dev libvips-dev llvm maven mercurial nodejs npm openjdk-17-jdk " +
		"openjdk-17-jre-headless python-is-python3 python3 python3-dev python3-distutils python3-pip " +
		"python3-setuptools python3-venv ruby ruby-dev rustc software-properties-common supervisor tesseract-ocr wget"
	debianPython = "cargo chromium clang ffmpeg gdal-bin libboost-all-dev libglib2.0-dev libmagickwand-dev " +
		"libvips-dev llvm mercurial nodejs npm python-is-python3 python3-dev python3-distutils python3-pip " +
		"python3-setuptools python3-venv rustc software-properties-common supervisor"
)

// debianPlain bring none of the programs that debianCarriers knows.
var debianPlain = setOf(`
	alsa-utils apache2-utils apt-transport-https apt-utils bash binutils bison busybox coreutils cpio dbus-x11
	default-libmysqlclient-dev dnsmasq fontconfig gawk ghostscript gifsicle graphviz gzip haproxy imagemagick
	inotify-tools iptables jpegoptim kmod ldap-utils libaio-dev libaio1 libasound2 libasound2-dev libatk1.0-0
	libatk-bridge2.0-0 libatomic1 libbrotli-dev libbz2-dev libc6 libc6-dev libc-dev libcap2 libcap2-bin libcups2
	libdbus-1-dev libedit-dev libev-dev libexif-dev libffi-dev libfontconfig1 libfreetype6 libfreetype6-dev
	libgcc-s1 libgd-dev libgdiplus libgeos-dev libgl1 libgl1-mesa-dri libgl1-mesa-glx libglib2.0-0 libgmp-dev
	libgomp1 libgssapi-krb5-2 libgtk2.0-0 libjpeg-dev libjpeg62-turbo libjpeg62-turbo-dev libkrb5-dev liblapack-dev
	libldap2-dev liblcms2-dev liblzma-dev libmariadb-dev libmariadb3 libmcrypt-dev libmemcached-dev libmpc-dev
	libncurses-dev libncurses5 libncurses5-dev libncursesw5-dev libnotify4 libnss3 libnuma-dev libonig-dev
	libopenblas-dev libpcap-dev libpcre3-dev libpng-dev libpng16-16 libpq-dev libpq5 libprotobuf-dev
	libpulse0 librabbitmq-dev librdkafka-dev libreadline-dev libsasl2-dev libsm6 libsndfile1 libsndfile1-dev
	libsodium-dev libsqlite3-0 libsqlite3-dev libssh2-1-dev libssl-dev libssl3 libssl1.1 libstdc++6 libtiff5-dev
	libudev-dev libusb-1.0-0-dev libwebp-dev libxcb1 libxcomposite1 libxcursor1 libxdamage1 libxext6 libxfixes3
	libxi6 libxml2 libxml2-dev libxpm-dev libxrandr2 libxrender1 libxslt1-dev libxslt1.1 libxss1 libxt6 libxtst6
	libyaml-dev libzip-dev linux-libc-dev musl musl-dev nasm netbase ninja-build optipng p7zip-full passwd perl
	pkg-config pkgconf pngquant poppler-utils protobuf-compiler sqlite3 tar time tzdata unixodbc unixodbc-dev
	uuid-dev xvfb zlib1g zlib1g-dev zsh gosu tini dumb-init jq nano tree htop socat strace lsof netcat-openbsd
	iputils-ping telnet net-tools lsb-release locales rsync sudo unzip zip xz-utils bzip2 file less patch
	gettext-base redis-tools postgresql-client iproute2 psmisc make`)

// debianCarrying are the packages of debianCarriers, and those of the programs themselves.
var debianCarrying = carrying(debianCarriers, debianPackages)

func carrying(carriers, packages map[string]string) map[string]bool {
	all := map[string]bool{}
	for _, list := range carriers {
		for _, pkg := range strings.Fields(list) {
			all[pkg] = true
		}
	}
	for _, pkg := range packages {
		all[pkg] = true
	}
	return all
}

// alpineCarriers are the packages that need the one of the program, of those in alpineKnown.
var alpineCarriers = map[string]string{
	"npx":                    "nodejs-npm",
	"bundle":                 "ruby",
	"bash":                   "alpine-sdk strace",
	"autoconf":               "automake",
	"c++":                    "build-base alpine-sdk",
	"cc":                     "build-base alpine-sdk g++ rust cargo go",
	"curl":                   "alpine-sdk",
	"envsubst":               "gettext",
	"file":                   "build-base alpine-sdk",
	"g++":                    "build-base alpine-sdk",
	"gcc":                    "build-base alpine-sdk g++ rust cargo go",
	"git":                    "alpine-sdk",
	"make":                   "build-base alpine-sdk",
	"mysql":                  "mysql-client",
	"node":                   "npm yarn nodejs-current",
	"npm":                    "nodejs-npm",
	"openssl":                "openssl-dev alpine-sdk",
	"perl":                   "autoconf automake git-perl openssl alpine-sdk",
	"pip":                    "python2",
	"python":                 "py3-pip supervisor python2 python2-dev python3-dev",
	"python3":                "py3-pip supervisor python3-dev",
	"scp":                    "openssh",
	"ssh":                    "openssh",
	"ssh-keygen":             "openssh openssh-client",
	"update-ca-certificates": "alpine-sdk curl git wget openssl nodejs npm python3 py3-pip",
}

// alpinePlain bring none of the programs that alpineCarriers knows.
var alpinePlain = setOf(`
	alpine-conf apk-tools brotli busybox-extras bzip2 bzip2-dev ca-certificates-bundle coreutils dcron diffutils
	findutils fontconfig freetype freetype-dev gawk gcompat gmp gmp-dev grep gzip harfbuzz icu-data-full icu-libs
	jpeg-dev krb5-libs libatomic libc-dev libc6-compat libcap libcrypto3 libcurl libffi libffi-dev libgcc libgomp
	libintl libjpeg-turbo libjpeg-turbo-dev libpng libpng-dev libpq libressl-dev libsodium libsodium-dev libssl3
	libstdc++ libuuid libxml2 libxslt libzip libzip-dev linux-headers lz4-libs musl musl-dev musl-locales ncurses
	ncurses-libs ncurses-terminfo-base nss oniguruma oniguruma-dev patch pcre pcre-dev pcre2 pkgconf procps sed
	sqlite sqlite-dev sqlite-libs tar ttf-dejavu ttf-freefont tzdata unzip util-linux wget xz zlib zlib-dev zstd
	less iputils iproute2 bind-tools`)

var alpineKnown = func() map[string]bool {
	all := carrying(alpineCarriers, alpinePackages)
	for pkg := range alpinePlain {
		all[pkg] = true
	}
	return all
}()
