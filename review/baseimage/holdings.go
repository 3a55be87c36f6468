package baseimage

// A holding is what the images of a row hold beyond their system.
type holding struct {
	images  string // official images by their name, others with their registry
	variant string // slim, alpine, any, or "" for the default one
	from    int    // the first major version for which the row holds; 0 for all
	to      int    // the last one; 0 for all
	adds    string // programs that they certainly hold
	may     string // programs that some of their versions hold
	users   string // users and groups that they have, or some of their versions
}

// holdings are read off the Dockerfiles of the images (https://github.com/docker-library, nodejs/docker-node,
// rust-lang/docker-rust, nginxinc/docker-nginx, adoptium/containers, dotnet/dotnet-docker, MariaDB/mariadb-docker;
// 2026-08-22) and their history. What an image installs for its own build and purges again is not in it.
var holdings = []holding{
	{images: "debian ubuntu alpine busybox fedora centos rockylinux almalinux amazonlinux", variant: "any"},
	{images: "redhat/ubi8 redhat/ubi9 redhat/ubi8-minimal redhat/ubi9-minimal quay.io/centos/centos " +
		"registry.access.redhat.com/ubi8 registry.access.redhat.com/ubi9 registry.access.redhat.com/ubi8/ubi " +
		"registry.access.redhat.com/ubi9/ubi registry.access.redhat.com/ubi8-minimal " +
		"registry.access.redhat.com/ubi9-minimal registry.access.redhat.com/ubi8/ubi-minimal " +
		"registry.access.redhat.com/ubi9/ubi-minimal rockylinux/rockylinux almalinux/almalinux " +
		"public.ecr.aws/amazonlinux/amazonlinux", variant: "any"},
	{images: "buildpack-deps", may: buildpack},

	{images: "node", users: "node", from: 12, adds: nodeTools, may: buildpack + " corepack nodejs"},
	{images: "node", users: "node", variant: "slim", from: 12, adds: nodeTools, may: "corepack nodejs"},
	{images: "node", users: "node", variant: "alpine", from: 8, adds: nodeTools, may: "corepack nodejs"},

	{images: "python", adds: pythonTools, may: buildpack},
	{images: "python", variant: "slim", from: 3, adds: pythonTools, may: certificateTools},
	{images: "python", variant: "alpine", from: 3, adds: pythonTools, may: certificateTools},

	{images: "ruby", adds: rubyTools, may: buildpack},
	{images: "ruby", variant: "slim", from: 3, adds: rubyTools, may: certificateTools + procps + " bzip2"},
	{images: "ruby", variant: "alpine", from: 3, adds: rubyTools, may: certificateTools + " bzip2"},

	{images: "golang", adds: "go gofmt", may: buildpack},
	{images: "golang", variant: "alpine", adds: "go gofmt", may: certificateTools},

	{images: "rust", adds: rustTools + " gcc cc", may: buildpack},
	{images: "rust", variant: "slim", adds: rustTools + " gcc cc", may: certificateTools},
	{images: "rust", variant: "alpine", adds: rustTools + " gcc cc", may: certificateTools},

	{images: "php", from: 7, adds: phpTools + " make gcc g++ cc c++ autoconf file re2c", may: certificateTools +
		" xz bzip2 patch"},
	{images: "php", users: "www-data", variant: "alpine", from: 7, adds: phpTools, may: certificateTools + " xz"},

	{images: "openjdk", variant: "slim", adds: "java", may: certificateTools},
	{images: "openjdk", variant: "alpine", to: 8, adds: "java", may: certificateTools},
	{images: "eclipse-temurin", adds: "java", may: "curl wget gpg locale-gen bash fc-cache objcopy" +
		certificateTools},
	{images: "eclipse-temurin", variant: "alpine", adds: "java", may: "curl wget gpg bash" + certificateTools},

	{images: "nginx", users: "nginx", adds: "nginx envsubst", may: "curl" + certificateTools},
	{images: "nginx", users: "nginx", variant: "alpine", adds: "nginx envsubst", may: "curl" + certificateTools},
	{images: "httpd", may: certificateTools},
	{images: "httpd", users: "www-data", variant: "alpine", may: "perl" + certificateTools},
	{images: "postgres", users: "postgres ssl-cert", adds: "psql gosu locale-gen",
		may: "gpg less xz zstd perl lsb_release adduser addgroup file " +
			"python3 netstat ssh" + certificateTools + procps},
	{images: "postgres", users: "postgres", variant: "alpine", adds: "psql bash",
		may: "gosu su-exec xz perl python3" + certificateTools},
	{images: "redis", users: "redis", to: 7, adds: "redis-cli", may: "gosu" + certificateTools + procps},
	{images: "redis", users: "redis", variant: "alpine", to: 7, adds: "redis-cli",
		may: "su-exec gosu" + certificateTools},
	{images: "mariadb", users: "mysql", adds: "gosu",
		may: "mysql gpg perl ip ss lsof socat rsync adduser addgroup python3 less nc " +
			"lsb_release patch file killall xz" + certificateTools + procps},
	{images: "caddy", users: "caddy", variant: "alpine", from: 2, may: "curl" + certificateTools},
	{images: "traefik", variant: "alpine", from: 2, may: certificateTools},

	{images: "mcr.microsoft.com/dotnet/runtime-deps mcr.microsoft.com/dotnet/runtime mcr.microsoft.com/dotnet/aspnet",
		users: "app", variant: "any", from: 6, may: "dotnet" + certificateTools},
	{images: "mcr.microsoft.com/dotnet/sdk", users: "app", variant: "any", from: 6, adds: "dotnet git",
		may: "curl wget pwsh perl " +
			"ssh scp ssh-keygen ssh-keyscan less patch bash" + certificateTools + procps},
}

// Programs that come together.
const (
	certificateTools = " openssl update-ca-certificates"
	procps           = " ps top pkill pgrep free uptime"
	nodeTools        = "node npm npx yarn"
	pythonTools      = "python python3 pip pip3"
	rubyTools        = "ruby gem bundle"
	rustTools        = "cargo rustc rustup"
	phpTools         = "php curl"
	accountTools     = " useradd groupadd usermod groupmod userdel groupdel"
)

// buildpack is what buildpack-deps brings, of which the images named after a language are built by default.
const buildpack = `
	curl wget gpg git hg svn ssh scp ssh-keygen ssh-keyscan make gcc cc g++ c++ autoconf bzip2 file patch unzip zip xz
	python python2 python3 perl lsb_release less adduser addgroup deluser delgroup envsubst man host dig telnet ip ss
	killall lsof pip pip3` + certificateTools + procps

// What the systems do not hold on their own.
//
// debianLacks: the packages of https://github.com/debuerreotype/docker-debian-artifacts, rootfs.manifest of buster to
// trixie, and of their slim variants (2024-12-02).
//
// ubuntuLacks: https://cdimage.ubuntu.com/ubuntu-base/releases, the manifests of 18.04 to 26.04, which also hold procps
// and bzip2.
//
// alpineLacks: https://git.alpinelinux.org/aports/tree/main/alpine-base and busybox: the image holds BusyBox, apk and
// musl's tools.
//
// redHatLacks: https://catalog.redhat.com, the lists of packages of ubi8 and ubi9;
// https://docs.aws.amazon.com/linux/al2023/ug/minimal-container.html (2026).
const (
	debianLacks = ubuntuLacks + ` bzip2 xz` + procps
	ubuntuLacks = `
		curl wget git hg svn ssh scp ssh-keygen ssh-keyscan make cmake gcc cc g++ c++ autoconf python python2 python3
		pip pip3 node npm npx yarn java ruby gem bundle go cargo rustc php composer gpg unzip zip killall ping ip ss
		netstat ifconfig nc telnet dig host vim nano less file jq rsync sudo gosu su-exec tini dumb-init
		lsb_release add-apt-repository locale-gen crontab update-ca-certificates openssl envsubst man patch strace
		lsof socat tree htop supervisord nginx psql mysql redis-cli systemctl`
	alpineLacks = `
		bash curl git hg svn ssh scp ssh-keygen ssh-keyscan make cmake gcc cc g++ c++ autoconf python python2 python3
		node npm npx yarn java ruby gem bundle go cargo rustc php composer gpg zip jq rsync sudo gosu
		su-exec tini dumb-init lsb_release add-apt-repository locale-gen update-ca-certificates openssl envsubst perl
		file vim nano htop strace socat supervisord nginx psql mysql redis-cli systemctl dig` + accountTools
	busyBoxLacks = `
		bash curl git make gcc cc g++ python python3 pip pip3 node npm npx yarn java ruby go php jq sudo gosu su-exec
		tini dumb-init perl openssl` + accountTools
	redHatLacks = "git make gcc cc g++ c++ node npm npx yarn wget gosu su-exec tini dumb-init"
)

// called are the programs that Dockerfiles often call.
var called = setOf(debianLacks + alpineLacks + busyBoxLacks + redHatLacks)

// runtimePrograms are in distroless images, each in the one of its language.
var runtimePrograms = setOf("java node python python3 openssl")

// shellTools are what every system with a shell holds.
var shellTools = setOf(`sh bash ash dash chmod chown mkdir ls cat echo sleep env test [ true false cp mv rm ln grep sed
	awk find apt-get apt dpkg adduser addgroup`)
