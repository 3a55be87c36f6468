package ecosystem

import (
	"encoding/json"
	"regexp"
	"slices"
	"strings"
)

// composerConfig are the settings of Composer that name no file, and vendor-dir, of which composerJSON makes a need
// (https://getcomposer.org/doc/06-config.md).
var composerConfig = inertKeys(`process-timeout use-include-path preferred-install use-parent-dir store-auths
	github-protocols github-oauth gitlab-domains gitlab-oauth gitlab-token gitlab-protocol forgejo-domains forgejo-token
	disable-tls secure-http bitbucket-oauth http-basic bearer platform cache-files-ttl cache-files-maxsize
	cache-read-only prepend-autoloader autoloader-suffix optimize-autoloader sort-packages classmap-authoritative
	apcu-autoloader github-domains github-expose-hostname use-github-api notify-on-install discard-changes
	archive-format htaccess-protect lock platform-check secure-svn-domains bump-after-update
	allow-missing-requirements audit update-with-minimal-changes fxp-asset component-dir`).with(table{
	"vendor-dir": matching(belowHere), "bin-dir": matching(regexp.MustCompile(`^vendor/[\w./-]+$`)),
	"allow-plugins": inert, // composerLockWhole knows which there are
})

// belowHere is the path of a folder further down.
var belowHere = regexp.MustCompile(`^(?:\./)?(?:[\w-]+[\w.-]*/)*[\w-]+[\w.-]*/?$`)

// composerKeys are the keys of a composer.json (https://getcomposer.org/doc/04-schema.md). What plugins read in extra,
// those that quietPlugins lists do not, and composerJSON asks for the class maps and the scripts of an install.
var composerKeys = inertKeys(`name description version type keywords homepage readme time license authors support
	funding require require-dev conflict replace provide suggest minimum-stability prefer-stable archive abandoned
	non-feature-branches scripts-descriptions scripts-aliases extra bin _comment _readme $schema autoload autoload-dev
	`).with(table{
	"config": php(composerConfig.read), "repositories": php(each(composerRepository)), "scripts": php(composerScript),
})

// php knows the empty object as PHP writes it, which is an empty list.
func php(is known) known {
	return func(value any) []string {
		if list, ok := value.([]any); ok && len(list) == 0 {
			return nil
		}
		return is(value)
	}
}

// composerRepository knows places of packages on the network, and the one that is switched off
// (https://getcomposer.org/doc/05-repositories.md).
func composerRepository(value any) []string {
	if value == false {
		return nil
	}
	return table{"type": matching(remoteRepository), "url": matching(network), "name": inert, "only": inert,
		"exclude": inert, "canonical": inert, "no-api": inert, "packagist.org": inert, "packagist": inert}.read(value)
}

var remoteRepository = regexp.MustCompile(`^(?:composer|vcs|git|github|gitlab|bitbucket|git-bitbucket|svn)$`)

// otherEvents are those that an install does not come to (https://getcomposer.org/doc/articles/scripts.md#event-names).
var otherEvents = strings.Fields(`pre-update-cmd post-update-cmd pre-status-cmd post-status-cmd pre-archive-cmd
	post-archive-cmd post-create-project-cmd post-root-package-install pre-package-update post-package-update
	pre-package-uninstall post-package-uninstall`)

var composerEvent = regexp.MustCompile(`^(?:pre-|post-|init$|command$)`)

// composerScript knows the commands that no event starts, and the events that composerJSON asks for.
func composerScript(value any) (unknown []string) {
	object, ok := value.(map[string]any)
	if !ok {
		return strange
	}
	for _, name := range sortedKeys(object) {
		if composerEvent.MatchString(name) && !slices.Contains(otherEvents, name) &&
			!slices.Contains(composerScripts, name) {
			unknown = append(unknown, name)
		}
	}
	return unknown
}

// composerWhole reads a composer.json. Without a lock, nothing says which packages are plugins.
func composerWhole(r Reader, data []byte, c Call) []Doubt {
	all := wholeJSON(composerKeys)(r, data, c)
	if !r.Exists("composer.lock") && !anyOf(c.Flags, "--no-plugins") {
		all = append(all, Doubt{"no package of %s is a plugin that reads further files", []any{c.File}})
	}
	return all
}

// quietPlugins are plugins of Composer that read and write nothing of a project but its folder vendor.
var quietPlugins = strings.Fields(`pestphp/pest-plugin phpstan/extension-installer
	dealerdirect/phpcodesniffer-composer-installer composer/package-versions-deprecated ocramius/package-versions
	infection/extension-installer`)

// composerLock is what an install reads of a composer.lock.
type composerLock struct {
	Packages, Dev []composerPackage // Packages is nil where the file is no lock
}

type composerPackage struct {
	Name, Type   string
	Dist, Source struct{ Type, URL string }
}

func (l *composerLock) UnmarshalJSON(data []byte) error {
	var raw struct {
		Packages []composerPackage
		Dev      []composerPackage `json:"packages-dev"`
	}
	err := json.Unmarshal(data, &raw)
	l.Packages, l.Dev = raw.Packages, raw.Dev
	return err
}

// composerLockWhole: each package comes from the network, and the lock says which ones are plugins.
func composerLockWhole(_ Reader, data []byte, c Call) (all []Doubt) {
	var lock composerLock
	if json.Unmarshal(data, &lock) != nil || lock.Packages == nil {
		return unread(c.File)
	}
	plugins := !anyOf(c.Flags, "--no-plugins")
	for _, p := range slices.Concat(lock.Packages, lock.Dev) {
		switch {
		case p.Dist.URL != "" && !network.MatchString(p.Dist.URL),
			p.Source.URL != "" && !network.MatchString(p.Source.URL):
			all = append(all, Doubt{"%s in %s comes from no directory or file of the repository",
				[]any{p.Name, c.File}})
		case plugins && p.Type == "composer-plugin" && !slices.Contains(quietPlugins, p.Name):
			all = append(all, Doubt{"the plugin %s reads and writes nothing of the project", []any{p.Name}})
		}
	}
	return all
}

// composerAuth are the kinds of credentials that name no file
// (https://getcomposer.org/doc/articles/authentication-for-private-packages.md).
var composerAuth = wholeJSON(inertKeys(`http-basic bearer github-oauth gitlab-oauth gitlab-token bitbucket-oauth
	forgejo-token custom-headers`))
