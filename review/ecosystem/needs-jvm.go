package ecosystem

import (
	"regexp"
)

var (
	pomModules  = regexp.MustCompile(`(?s)<modules>.*?<module>`)
	pomFiles    = regexp.MustCompile(`<(?:exists|missing)>`) // of a profile's activation
	mavenFiles  = regexp.MustCompile(`(?m)(?:^|\s)(?:-s|-gs|-f|-t|--settings|--global-settings|--file|--toolchains)\b`)
	pomParent   = regexp.MustCompile(`(?s)<parent>.*?</parent>`)
	relative    = regexp.MustCompile(`<relativePath>\s*([^<\s]+)\s*</relativePath>`)
	noRelative  = regexp.MustCompile(`<relativePath>\s*</relativePath>|<relativePath\s*/>`)
	systemScope = regexp.MustCompile(`<systemPath>|\$\{(?:project\.)?basedir\}[^<]*\.(?:jar|pom)|<url>\s*file:`)
)

// pomXML: modules and a parent in the repository are read with it
// (https://maven.apache.org/pom.html#inheritance).
func pomXML(r Reader, _ Call) []Need {
	data, ok := r.Read("pom.xml")
	switch {
	case !ok:
		return []Need{{Reason: "%s could not be read", Word: "pom.xml"}}
	case pomModules.Match(data):
		return []Need{{Reason: "%s has modules, whose own manifests it reads", Word: "pom.xml"}}
	case pomFiles.Match(data):
		return []Need{{Reason: "%s checks whether files of the repository exist", Word: "pom.xml"}}
	case systemScope.Match(data):
		return []Need{{Reason: "%s takes packages from files of the repository", Word: "pom.xml"}}
	}
	if parent := pomParent.Find(data); parent != nil {
		at := "../pom.xml"
		if m := relative.FindSubmatch(parent); m != nil {
			at = string(m[1])
		}
		if !noRelative.Match(parent) && r.Exists(at) {
			return []Need{{Reason: "its parent is %s", Word: at}}
		}
	}
	if at := ".mvn/maven.config"; r.Exists(at) { // https://maven.apache.org/configure.html#mvn-maven-config-file
		if data, ok := r.Read(at); !ok || mavenFiles.Match(data) {
			return []Need{{Reason: "%s may name further files", Word: at}}
		}
	}
	return folders(r, ".mvn/")
}

// folders asks for those of the folders that exist.
func folders(r Reader, names ...string) []Need {
	var needs []Need
	for _, n := range names {
		if r.Exists(n[:len(n)-1]) {
			needs = append(needs, Need{File: n})
		}
	}
	return needs
}

var (
	gradleLocal   = regexp.MustCompile(`\bproject\s*\(|\bprojects\.|\bfileTree\b|\bfiles\s*\(|\bapply\s*\(?\s*from|\bflatDir\b|\bincludeBuild\b|\bfile\s*\(|\bFile\s*\(|\bFileInputStream\b|\.execute\s*\(|\bexec\s*[({]|\bproviders\.(?:exec|fileContents)\b`)
	gradleInclude = regexp.MustCompile(`\binclude(?:Build|Flat)?\b`)
)

// gradleBuild: a build script is a program; one that mentions files or other projects may need them.
func gradleBuild(r Reader, c Call) []Need {
	data, ok := r.Read(c.File)
	if !ok {
		return []Need{{Reason: "%s could not be read", Word: c.File}}
	}
	if m := gradleLocal.Find(data); m != nil {
		return []Need{{Reason: "%s may use files or projects of the repository", Word: c.File}}
	}
	return folders(r, "gradle/", "buildSrc/")
}

func gradleSettings(r Reader, c Call) []Need {
	data, ok := r.Read(c.File)
	if !ok || gradleInclude.Match(data) {
		return []Need{{Reason: "%s includes projects whose own scripts it reads", Word: c.File}}
	}
	if gradleLocal.Match(data) {
		return []Need{{Reason: "%s may use files or projects of the repository", Word: c.File}}
	}
	return nil
}
