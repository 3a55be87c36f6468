package ecosystem

import (
	"regexp"
	"strings"
)

// pomDependency is a package of Maven: one with a systemPath is a file.
var pomDependency = words(`groupId artifactId version type classifier scope optional`).with(table{"exclusions": inert})

var pomDependencies = tags(table{"dependency": tags(pomDependency)})

// pomRepositories are places on the network (https://maven.apache.org/pom.html#repositories).
var pomRepositories = func(name string) known {
	return tags(table{name: tags(words(`id name layout`).with(table{"url": text(webAddress), "releases": inert,
		"snapshots": inert}))})
}

// pomPlugins: go-offline fetches plugins and does not run them, but for those that extend Maven itself
// (https://maven.apache.org/pom.html#plugins).
var pomPlugins = tags(table{"plugin": each(pomPlugin)})

func pomPlugin(value any) []string {
	t := words(`groupId artifactId version inherited`).with(table{"extensions": text(regexp.MustCompile(`^false$`)),
		"dependencies": pomDependencies, "configuration": inert, "executions": inert, "goals": inert})
	plugin, _ := value.(map[string]any)
	if len(text(ownPlugin)(plugin["artifactId"])) == 0 { // its settings are those of the call
		t["configuration"], t["executions"] = nil, nil
	}
	return t.read(value)
}

var ownPlugin = regexp.MustCompile(`^maven-dependency-plugin$`)

var pomBuild = words(`sourceDirectory testSourceDirectory scriptSourceDirectory outputDirectory testOutputDirectory
	directory finalName defaultGoal`).with(table{"resources": inert, "testResources": inert, "filters": inert,
	"plugins": pomPlugins, "pluginManagement": tags(table{"plugins": pomPlugins})})

// pomPart is what is alike in a project and in its profiles.
var pomPart = table{"properties": inert, "dependencies": pomDependencies,
	"dependencyManagement": tags(table{"dependencies": pomDependencies}), "build": tags(pomBuild),
	"repositories": pomRepositories("repository"), "pluginRepositories": pomRepositories("pluginRepository"),
	"distributionManagement": inert, "reporting": inert}

// pomKeys are the elements of a pom.xml (https://maven.apache.org/pom.html). A profile that looks for files is one of
// pomXML's needs, and a parent from elsewhere may have such profiles too.
var pomKeys = words(`schemaLocation modelVersion groupId artifactId version name description url inceptionYear
	`).with(pomPart).with(table{
	"packaging": text(regexp.MustCompile(`^(?:jar|war|ear|ejb|rar|pom|maven-plugin)$`)),
	"parent":    each(pomParentKnown),
	"licenses":  inert, "developers": inert, "contributors": inert, "mailingLists": inert, "scm": inert,
	"issueManagement": inert, "ciManagement": inert, "organization": inert, "prerequisites": inert,
	"profiles": tags(table{"profile": tags(words("id").with(pomPart).with(table{
		"activation": tags(words("activeByDefault jdk").with(table{"os": inert, "property": inert}))}))}),
})

// quietParents are parents from Maven Central without a profile that looks for files of a project.
var quietParents = regexp.MustCompile(`^(?:spring-boot-starter-parent|spring-boot-dependencies)$`)

func pomParentKnown(value any) []string {
	return words("groupId version relativePath").with(table{"artifactId": text(quietParents)}).read(value)
}

// mavenWords are words of maven.config that name no file (https://maven.apache.org/configure.html).
var mavenWords = regexp.MustCompile(`^(?:-B|--batch-mode|-ntp|--no-transfer-progress|-q|--quiet|-e|--errors|-U|-V|` +
	`--show-version|-o|--offline|-fae|-ff|--fail-at-end|--fail-fast|-T|--threads|[\d.]+C?|` +
	`-D[\w.-]+(?:=(?:true|false|[\d.]+(?:-[A-Z]\w*)?))?|-P[\w,!?-]+)$`)

// jvmWords are options of Java that name no file.
var jvmWords = regexp.MustCompile(`^(?:-X(?:mx|ms|ss|mn)\w+|-XX:[+-]\w+|-XX:\w+=\d+\w?|-D(?:file\.encoding|` +
	`user\.\w+|java\.awt\.headless|https?\.\w+|java\.net\.\w+)=[\w.:|-]*|` +
	`--(?:add-opens|add-exports|add-modules)(?:=[\w.,/=-]+)?|[\w.]+/[\w.]+=ALL-UNNAMED|--enable-native-access=[\w.-]+)$`)

// mavenFolder reads .mvn: settings of calls and of Java, and what extends Maven itself. Its wrapper fetches Maven
// (https://maven.apache.org/configure.html).
func mavenFolder(r Reader, _ []byte, _ Call) (all []Doubt) {
	for _, f := range []struct {
		name string
		form *regexp.Regexp
	}{{".mvn/maven.config", mavenWords}, {".mvn/jvm.config", jvmWords}} {
		if r.Exists(f.name) {
			all = append(all, wholeWords(r, f.name, f.form)...)
		}
	}
	for _, name := range []string{".mvn/extensions.xml", ".mvn/maven.properties", ".mvn/maven-user.properties",
		".mvn/maven-system.properties", ".mvn/settings.xml"} {
		if r.Exists(name) {
			all = append(all, unread(name)...)
		}
	}
	return all
}

// wholeWords reads a file that holds words of a command line: each must have the form.
func wholeWords(r Reader, name string, form *regexp.Regexp) []Doubt {
	data, ok := r.Read(name)
	if !ok {
		return unread(name)
	}
	for _, line := range lines(data) {
		if strings.HasPrefix(line, "#") {
			continue
		}
		for _, w := range strings.Fields(line) {
			if !form.MatchString(w) {
				return keyDoubts(name, []string{w})
			}
		}
	}
	return nil
}

// A build script of Gradle is a program. It is read as lines, each of which has to have a form of which it is known
// what it does, whatever block it is in (https://docs.gradle.org/current/userguide/writing_build_scripts.html).
const (
	gradleText = `(?:"[^"$\\]*(?:(?:\$\w+|\$\{\w+\})[^"$\\]*)*"|'[^'\\]*')`
	// coordinates of a package, or the name of one in the catalog
	gradlePackage = `(?:["'][\w.-]+(?::[\w.$\{}+-]+){1,3}(?:@\w+)?["']|libs(?:\.\w+)+|kotlin\(` + gradleText + `\))`
	gradlePlugins = `(?:java|java-library|application|war|groovy|jacoco|` +
		`org\.springframework\.boot|io\.spring\.dependency-management|org\.jetbrains\.kotlin\.jvm|` +
		`org\.jetbrains\.kotlin\.plugin\.(?:spring|jpa|serialization|allopen|noarg)|` +
		`com\.github\.johnrengelman\.shadow|com\.gradleup\.shadow|org\.gradle\.toolchains\.foojay-resolver-convention)`
)

var gradleLine = regexp.MustCompile(`^(?:` + strings.Join([]string{
	`[{}]+`, `\}\s*else\s*\{`,
	// blocks: the names are those of the projects', and of tasks
	`(?:plugins|repositories|dependencies|java|kotlin|application|test|tasks|toolchain|configurations|ext|` +
		`dependencyManagement|imports|bootJar|jar|bootRun|springBoot|compilerOptions|kotlinOptions|pluginManagement|` +
		`dependencyResolutionManagement|compileOnly|all|jacocoTestReport|jvmToolchain|allOpen|noArg|shadowJar)\s*\{`,
	`(?:tasks\.)?(?:named|withType)(?:<\w+>)?\(?\s*(?:["']\w+["']|\w+(?:::class)?)?\s*\)?(?:\.configureEach)?\s*\{`,
	`tasks\.\w+\s*\{`,
	// plugins
	`(?:id\(?\s*["']` + gradlePlugins + `["']\)?|kotlin\(["'](?:jvm|plugin\.\w+)["']\)|` + "`?" + `(?:java|` +
		`java-library|application|war|groovy|jacoco)` + "`?" +
		`)(?:\s+version\s*\(?` + gradleText + `\)?)?(?:\s+apply\s+false)?`,
	`apply plugin:\s*["']` + gradlePlugins + `["']`,
	// places on the network
	`(?:mavenCentral|google|gradlePluginPortal)\(\)`,
	`maven\s*\(\s*(?:url\s*=\s*)?(?:uri\()?["']https?://[^"'$]+["']\)?\s*\)`,
	`maven\s*\{\s*(?:url\s*=?\s*(?:uri\s*)?\(?["']https?://[^"'$]+["']\)?)\s*\}`,
	`maven\s*\{`, `url\s*=?\s*(?:uri\s*)?\(?["']https?://[^"'$]+["']\)?`,
	// packages
	`(?:\w*(?:[iI]mplementation|[aA]pi|[cC]ompileOnly|[rR]untimeOnly|[aA]nnotationProcessor)|developmentOnly|kapt|ksp)` +
		`\s*\(?\s*(?:(?:enforcedPlatform|platform)\s*\(\s*` + gradlePackage + `\s*\)|` + gradlePackage +
		`)\s*\)?(?:\s*\{)?`,
	`mavenBom\s*\(?\s*` + gradleText + `\s*\)?`,
	`exclude\s*\(?\s*(?:(?:group|module)\s*[:=]\s*` + gradleText + `\s*,?\s*)+\)?`,
	`extendsFrom\s*\(?\s*[\w.]+\s*\)?`, `extendsFrom\(configurations\.\w+\.get\(\)\)`,
	// settings
	`(?:rootProject\.name|group|version|description|sourceCompatibility|targetCompatibility|mainClass(?:Name)?|` +
		`archiveFileName|archiveBaseName|archiveVersion|enabled|languageVersion|vendor|jvmTarget|freeCompilerArgs)\s*` +
		`(?:\.set\(|=|\+=)?\s*(?:` + gradleText + `|JavaVersion\.\w+|[\d.]+|true|false|JavaLanguageVersion\.of\(\d+\)|` +
		`JvmTarget\.\w+|listOf\((?:` + gradleText + `,?\s*)*\)|\[(?:` + gradleText + `,?\s*)*\])\)?`,
	`freeCompilerArgs\.addAll\((?:` + gradleText + `,?\s*)*\)`, `jvmToolchain\(\d+\)`,
	`useJUnitPlatform\(\)`, `useJUnitPlatform\(\)`, `finalizedBy\s*\(?\s*[\w.]+\s*\)?`,
	`set\(\s*` + gradleText + `\s*,\s*` + gradleText + `\s*\)`, `(?:def|val)\s+\w+\s*=\s*` + gradleText,
	`extra\[` + gradleText + `\]\s*=\s*` + gradleText, `annotation\(` + gradleText + `\)`,
	`dependsOn\s*\(?\s*[\w.]+\s*\)?`,
}, `|`) + `)$`)

// gradleWhole reads a build script or the settings.
func gradleWhole(_ Reader, data []byte, c Call) []Doubt {
	for _, line := range lines(data) {
		if i := strings.Index(line, " //"); i >= 0 {
			line = strings.TrimSpace(line[:i])
		}
		if strings.HasPrefix(line, "//") {
			continue
		}
		for _, part := range blocks(line) {
			if part = strings.TrimSpace(part); part != "" && !gradleLine.MatchString(part) {
				return []Doubt{{"%s in %s does not make the install read further files", []any{part, c.File}}}
			}
		}
	}
	return nil
}

// blocks are the parts of a line with whole blocks in it.
func blocks(line string) []string {
	if strings.Contains(line, "${") || !strings.Contains(line, "{ ") {
		return []string{line}
	}
	return strings.Split(strings.NewReplacer("{ ", "{\n", " }", "\n}\n").Replace(line), "\n")
}

// gradleProperties are those that name no file (https://docs.gradle.org/current/userguide/build_environment.html), and
// the project's own.
var gradleProperties = regexp.MustCompile(`^(?:org\.gradle\.(?:parallel|caching|daemon|configureondemand|console|` +
	`configuration-cache(?:\.\w+)?|vfs\.watch|warning\.mode|logging\.level|workers\.max|welcome)\s*=\s*\w+|` +
	`org\.gradle\.jvmargs\s*=\s*(?:(?:-X\w+|-XX:[+-]?\w+(?:=\w+)?|-Dfile\.encoding=[\w-]+)\s*)*|` +
	`(?:kotlin\.[\w.]+|[a-zA-Z]\w*(?:Version)?)\s*=\s*[\w.+-]*)$`)

// gradleFolder: gradle/ holds the wrapper, which fetches Gradle, and the catalog of packages. A script in it is read
// only where another one names it. buildSrc is a project of its own.
func gradleFolder(Reader, []byte, Call) []Doubt { return nil }
