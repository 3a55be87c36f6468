package ecosystem_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/dfbot/dfbot/review/ecosystem"
)

// beside are the files around a manifest.
type beside map[string]string

func (b beside) Read(name string) ([]byte, bool) {
	text, ok := b[name]
	return []byte(text), ok
}

func (b beside) Exists(name string) bool { _, ok := b[name]; return ok }

// TestDoubts: what in a manifest, a setting or a lock is not known to make an install read nothing is named, and what
// is known is not.
func TestDoubts(t *testing.T) {
	const rails = "source \"https://rubygems.org\"\n# comment\nruby file: \".ruby-version\"\n\n" +
		"git_source(:github) { |repo| \"https://github.com/#{repo}.git\" }\n" +
		"gem \"rails\", \"~> 8.0.1\" # don't\ngem 'pg', '>= 0.18', '< 2.0', require: false\n" +
		"gem \"tzinfo-data\", platforms: %i[ windows jruby ]\ngem \"a\", github: \"o/a\",\n  branch: \"main\"\n" +
		"gem \"b\", git: \"https://h/b.git\", :tag => 'v1' if RUBY_VERSION >= \"3\"\n" +
		"group :development, :test do\n  gem \"debug\", platforms: [:mri, :windows], require: \"debug/prelude\"\nend\n"
	const gosum = "example.com/a v1.0.0 h1:x\nexample.com/a v1.0.0/go.mod h1:y\n"
	for _, c := range []struct {
		manager, file, data string
		files               beside
		want                string // a part of the doubts; empty for none
	}{
		{"npm", "package.json", `{"name":"x","dependencies":{"a":"^1.2","b":"npm:c@1","d":"github:o/r"},"jest":{}}`,
			nil, ""},
		{"npm", "package.json", `{"scripts":{"build":"husky"}}`, nil, ""},
		{"npm", "package.json", `{"scripts":{"prepare":"husky || true"}}`, nil, "prepare"},
		{"yarn", "package.json", `{"scripts":{"preinstall":"npx only-allow yarn"}}`, nil, ""},
		{"yarn", "package.json", `{"scripts":{"preinstall":"yarn run a","a":"true; yarn run a && true"}}`, nil,
			"preinstall"},
		{"npm", "package.json", `{"scripts":{"postinstall":"npm run p","p":"patch-package"}}`, nil, ""},
		{"npm", "package.json", `{"dependencies":{"a":"libs.tgz"}}`, nil, "dependencies.a"},
		{"npm", "package.json", `{"dependencies":{"a":"exec:./gen.js"}}`, nil, "dependencies.a"},
		{"npm", "package.json", `{"overrides":{"a":{"b":"file:x"}}}`, nil, "overrides.a.b"},
		{"npm", "package.json", `{"newest":{"reads":"./x"}}`, nil, "newest"},
		{"npm", "package.json", `[]`, nil, "nothing in"},
		{"npm", ".npmrc", "registry=https://npm.corp/\n; a comment\n//npm.corp/:_authToken=${TOKEN}\n", nil, ""},
		{"npm", ".npmrc", "cafile=certs/ca.pem\n", nil, "cafile"},
		{"npm", ".npmrc", "registry=${HERE}\n", nil, "registry"},
		{"npm", "package-lock.json",
			`{"lockfileVersion":3,"packages":{"":{},"node_modules/a":{"resolved":"https://r/a.tgz"}}}`, nil, ""},
		{"npm", "package-lock.json", `{"lockfileVersion":3,"packages":{"node_modules/a":{"resolved":"file:a.tgz"}}}`,
			nil, "comes from"},
		{"npm", "package-lock.json",
			`{"lockfileVersion":3,"packages":{"node_modules/a":{"resolved":"a","link":true},"a":{}}}`, nil,
			"comes from"},
		{"npm", "package-lock.json",
			`{"lockfileVersion":3,"packages":{"node_modules/x/node_modules/@o/a":{"hasInstallScript":true}}}`, nil,
			"@o/a"},
		{"npm", "package-lock.json",
			`{"lockfileVersion":3,"packages":{"node_modules/esbuild":{"hasInstallScript":true}}}`, nil, ""},
		{"npm", "package-lock.json", `{"lockfileVersion":1,"dependencies":{}}`, nil, "nothing in"},
		{"yarn", ".yarnrc.yml", "nodeLinker: node-modules\nyarnPath: .yarn/releases/yarn-4.9.1.cjs\n", nil, ""},
		{"yarn", ".yarnrc.yml", "injectEnvironmentFiles:\n  - .env.build\n", nil, "injectEnvironmentFiles"},
		{"yarn", ".yarnrc.yml", "plugins:\n  - path: .yarn/plugins/x.cjs\n    spec: 'https://x/plugin.js'\n", nil,
			"plugins"},
		{"yarn", ".yarnrc.yml", "a: &x 1\nb: *x\n", nil, "nothing in"},
		{"yarn", ".yarnrc", "registry \"https://r\"\n--install.frozen-lockfile true\n", nil, ""},
		{"yarn", ".yarnrc", "plugins \"./x\"\n", nil, "plugins"},
		{"yarn", "yarn.lock", "a@^1:\n  resolved \"https://r/a.tgz#x\"\n", nil, "install scripts"},
		{"yarn", "yarn.lock", "a@file:x:\n  resolved \"file:x\"\n", nil, "names no directory"},
		{"pnpm", "pnpm-lock.yaml", "lockfileVersion: '9.0'\n",
			beside{"package.json": `{"packageManager":"pnpm@10.4.1"}`}, ""},
		{"pnpm", "pnpm-lock.yaml", "lockfileVersion: '9.0'\n",
			beside{"package.json": `{"packageManager":"pnpm@9.1.0"}`}, "install scripts"},
		{"pnpm", "pnpm-lock.yaml", "resolution: {directory: libs/a, type: directory}\n", nil, "names no directory"},
		{"pnpm", "pnpm-workspace.yaml", "onlyBuiltDependencies:\n  - esbuild\n", nil, ""},
		{"pnpm", "pnpm-workspace.yaml", "pnpmfile: config/hooks.cjs\n", nil, "pnpmfile"},
		{"pnpm", "pnpm-workspace.yaml", "packages:\n  - apps/*\n", nil, ""},
		{"pnpm", ".pnpmfile.cjs", "module.exports = {}\n", nil, "nothing in"},
		{"go", "go.mod", "module x\n\ngo 1.22\n\nrequire example.com/a v1.0.0\n", beside{"go.sum": gosum}, ""},
		{"go", "go.mod", "module x\n\ngo 1.22\n\nrequire example.com/b v1.0.0\n", beside{"go.sum": gosum},
			"example.com/b"},
		{"go", "go.mod", "module x\n\ngo 1.22\n\nrequire example.com/a v1.0.0\n", nil, "go.sum"},
		{"go", "go.mod", "module x\n\ngo 1.16\n", beside{"go.sum": ""}, "names every module"},
		{"go", "go.mod", "module x\n\ngo 1.22\n\nnewest x\n", nil, "nothing in"},
		{"pip", "requirements.txt",
			"# x\nflask==3.0 ; python_version > \"3.8\"\n-r base.txt\n" +
				"uvicorn[standard]>=0.3,<1 \\\n  --hash=sha256:ab\n--extra-index-url https://x/simple\n" +
				"x @ git+https://h/r\n",
			nil, ""},
		{"pip", "requirements.txt", "mylib.zip\n", nil, "mylib.zip"},
		{"pip", "requirements.txt", "--index-url file:///app/x\n", nil, "file:///app/x"},
		{"pip", "requirements.txt", "x @ file:./x\n", nil, "file:./x"},
		{"pip", "requirements.txt", "-f wheels\n", nil, "-f wheels"},
		{"uv", "pyproject.toml",
			"[project]\nname='x'\ndependencies=['a>=1']\n[tool.uv]\npackage=false\n[tool.ruff]\nx=1\n", nil, ""},
		{"uv", "pyproject.toml", "[project]\ndependencies=['a @ file:///app/a']\n", nil, "project.dependencies"},
		{"uv", "pyproject.toml", "[[tool.uv.sources.a]]\npath='libs/a'\n", nil, "tool.uv.sources.a"},
		{"uv", "pyproject.toml", "[tool.uv]\nnewest='x'\n", nil, "tool.uv.newest"},
		{"uv", "uv.lock", "source = { editable = \".\" }\nsource = { registry = \"https://pypi.org/simple\" }\n", nil,
			""},
		{"uv", "uv.lock", "source = { directory = \"libs/a\" }\n", nil, "names no directory"},
		{"poetry", "pyproject.toml",
			"[tool.poetry]\nname='x'\n[tool.poetry.dependencies]\npython='^3.12'\na={version='1', extras=['b']}\n",
			nil, ""},
		{"poetry", "pyproject.toml", "[tool.poetry.requires-plugins]\np={path='p'}\n", nil,
			"tool.poetry.requires-plugins.p"},
		{"poetry", "pyproject.toml", "[tool.poetry.group.dev.dependencies]\na=[{path='a'},{version='1'}]\n", nil,
			"tool.poetry.group.dev"},
		{"poetry", "poetry.lock", "[package.source]\ntype = \"directory\"\n", nil, "names no directory"},
		{"composer", "composer.json", `{"require":{"a/b":"^1"},"autoload":{"psr-4":{"A\\":"src/"}},` +
			`"config":{"allow-plugins":{"a/b":true}},"scripts":{"test":"phpunit"},"extra":[]}`,
			beside{"composer.lock": "{}"}, ""},
		{"composer", "composer.json", `{"repositories":[{"type":"vcs","url":"git@h:o/r"},{"packagist.org":false}]}`,
			beside{"composer.lock": "{}"}, ""},
		{"composer", "composer.json", `{"repositories":[{"type":"composer","url":"file:///app/satis"}]}`,
			beside{"composer.lock": "{}"}, "repositories.url"},
		{"composer", "composer.json", `{"repositories":{"x":{"type":"path","url":"x"}}}`,
			beside{"composer.lock": "{}"}, "repositories.x.type"},
		{"composer", "composer.json", `{"config":{"cafile":"certs/ca.pem"}}`, beside{"composer.lock": "{}"},
			"config.cafile"},
		{"composer", "composer.json", `{"config":{"vendor-dir":"../vendor"}}`, beside{"composer.lock": "{}"},
			"config.vendor-dir"},
		{"composer", "composer.json", `{"scripts":{"pre-file-download":"x"}}`, beside{"composer.lock": "{}"},
			"scripts.pre-file-download"},
		{"composer", "composer.json", `{"newest":1}`, beside{"composer.lock": "{}"}, "newest"},
		{"composer", "composer.json", `{"require":{}}`, nil, "is a plugin"},
		{"composer", "composer.lock", `{"packages":[{"name":"a/b","dist":{"url":"https://h/a.zip"},"type":"library"}]}`,
			nil, ""},
		{"composer", "composer.lock", `{"packages":[{"name":"a/b","dist":{"type":"path","url":"libs/b"}}]}`, nil,
			"a/b in"},
		{"composer", "composer.lock", `{"packages":[],"packages-dev":[{"name":"symfony/flex","type":"composer-plugin"}]}`, nil,
			"the plugin symfony/flex"},
		{"composer", "composer.lock", `{"packages":[{"name":"pestphp/pest-plugin","type":"composer-plugin"}]}`, nil, ""},
		{"composer", "composer.lock", `{}`, nil, "nothing in"},
		{"composer", "auth.json", `{"http-basic":{}}`, nil, ""},
		{"composer", "auth.json", `{"client-certificate":{}}`, nil, "client-certificate"},
		{"bundler", "Gemfile", rails, beside{".ruby-version": "3.4"}, ""},
		{"bundler", "Gemfile", "gem 'a', path: 'libs/a'\n", nil, "gem 'a'"},
		{"bundler", "Gemfile", "gem 'a', git: 'file:///app/a'\n", nil, "gem 'a'"},
		{"bundler", "Gemfile", "gem 'a', newest: 'x'\n", nil, "newest"},
		{"bundler", "Gemfile", "gem 'a', \"#{Dir.pwd}\"\n", nil, "gem 'a'"},
		{"bundler", "Gemfile", "source 'file:///app/gems'\n", nil, "source"},
		{"bundler", "Gemfile", "ruby file: 'config/ruby-version'\n", nil, "ruby file"},
		{"bundler", "Gemfile", "ruby file: '.ruby-version'\n", nil, "ruby file"},
		{"bundler", "Gemfile", "ruby File.read(\"#{__dir__}/.ruby\").strip.sub(/^ruby-/, '')\n",
			beside{".ruby": "x"}, ""},
		{"bundler", "Gemfile", "ruby(IO.read 'v')\ngem 'a', \"~> #{File.read('v').chomp}\"\n", beside{"v": "x"}, ""},
		{"bundler", "Gemfile", "ruby File.read('v').then { load _1 }\n", beside{"v": "x"}, "load _1"},
		{"bundler", "Gemfile", "gem 'a', path: File.read('v')\n", beside{"v": "x"}, "path"},
		{"bundler", "Gemfile", "plugin 'x'\n", nil, "plugin"},
		{"bundler", "Gemfile", "gem 'a' if `git log`\n", nil, "git log"},
		{"bundler", "Gemfile", "puts IO.read('x')\n", nil, "IO.read"},
		{"bundler", "Gemfile", "gem 'a'\n", beside{"gems.rb": "x"}, "gems.rb"},
		{"bundler", "Gemfile.lock", "GEM\n  remote: https://rubygems.org/\n  specs:\n    a (1)\n", nil, ""},
		{"bundler", "Gemfile.lock", "PATH\n  remote: .\n", nil, "PATH in"},
		{"bundler", "Gemfile.lock", "GIT\n  remote: /app/a\n", nil, "remote: /app/a"},
		{"dotnet", "Api.csproj", `<Project Sdk="Microsoft.NET.Sdk.Web"><PropertyGroup>` +
			`<TargetFramework>net9.0</TargetFramework><Nullable>enable</Nullable></PropertyGroup>` +
			`<ItemGroup Condition="'$(A)' == 'b'"><PackageReference Include="X" Version="1"><PrivateAssets>all` +
			`</PrivateAssets></PackageReference><ProjectReference Include="..\\Lib\\Lib.csproj" /></ItemGroup>` +
			`<Target Name="Npm" AfterTargets="ComputeFilesToPublish"><Exec Command="npm ci" /></Target></Project>`, nil, ""},
		{"dotnet", "Api.csproj", `<Project Sdk="Corp.Sdk"></Project>`, nil, "Sdk"},
		{"dotnet", "Api.csproj", `<Project><Import Project="a.props"/></Project>`, nil, "Import"},
		{"dotnet", "Api.csproj", `<Project><PropertyGroup><RestoreAdditionalProjectSources>../x` +
			`</RestoreAdditionalProjectSources></PropertyGroup></Project>`, nil, "RestoreAdditionalProjectSources"},
		{"dotnet", "Api.csproj", `<Project><PropertyGroup Condition="Exists('a.txt')"/></Project>`, nil,
			"PropertyGroup.Condition"},
		{"dotnet", "Api.csproj", `<Project><PropertyGroup><Version>$([System.IO.File]::ReadAllText('v'))</Version>` +
			`</PropertyGroup></Project>`, nil, "PropertyGroup.Version"},
		{"dotnet", "Api.csproj", `<Project><Target Name="A" BeforeTargets="Restore"/></Project>`, nil,
			"Target.BeforeTargets"},
		{"dotnet", "Api.csproj", `<Project><Target Name="CollectPackageReferences"/></Project>`, nil, "Target.Name"},
		{"dotnet", "Api.csproj", `<Project><ItemGroup><Newest Include="x"/></ItemGroup></Project>`, nil,
			"ItemGroup.Newest"},
		{"dotnet", "Api.csproj", `<Project/>`, beside{"Api.csproj.user": "x"}, "Api.csproj.user"},
		{"dotnet", "Api.csproj", `<Project/>`, beside{"../Directory.Build.rsp": "x"}, "Directory.Build.rsp"},
		{"dotnet", "Api.csproj", `<!DOCTYPE a [<!ENTITY x SYSTEM "y">]><Project/>`, nil, "nothing in"},
		{"dotnet", "Directory.Packages.props", `<Project><PropertyGroup><ManagePackageVersionsCentrally>true` +
			`</ManagePackageVersionsCentrally></PropertyGroup><ItemGroup><PackageVersion Include="a" Version="1"/>` +
			`</ItemGroup></Project>`, nil, ""},
		{"dotnet", "nuget.config", `<configuration><packageSources><clear/><add key="a" value="https://n/v3/index.json"/>` +
			`</packageSources></configuration>`, nil, ""},
		{"dotnet", "nuget.config", `<configuration><packageSources><add key="a" value="packages"/></packageSources>` +
			`</configuration>`, nil, "packageSources.add.value"},
		{"dotnet", "NuGet.Config", `<configuration><config><add key="globalPackagesFolder" value="p"/></config>` +
			`</configuration>`, nil, "config.add.key"},
		{"dotnet", "NuGet.Config", `<configuration><fallbackPackageFolders/></configuration>`, nil,
			"fallbackPackageFolders"},
		{"dotnet", "global.json", `{"sdk":{"version":"9.0.100","rollForward":"latestFeature"}}`, nil, ""},
		{"dotnet", "global.json", `{"sdk":{"paths":[".dotnet"]}}`, nil, "sdk.paths"},
		{"dotnet", "a.sln", "\ufeff\nMicrosoft Visual Studio Solution File, Format Version 12.00\n# V 17\n" +
			"Project(\"{9A19103F-16F7-4668-BE54-9A1E7A4F7556}\") = \"A\", \"A\\A.csproj\", \"{B}\"\nEndProject\n" +
			"Global\n\tGlobalSection(SolutionProperties) = preSolution\n" +
			"\t\tHideSolutionNode = FALSE\n\tEndGlobalSection\n" +
			"EndGlobal\n", nil, ""},
		{"dotnet", "a.sln", "Project(\"{E53339B2-1760-4266-BCC7-CA923CBCF16C}\") = \"c\", \"c.dcproj\", \"{B}\"\n", nil,
			"Project"},
		{"dotnet", "a.sln", "Global\n", beside{"after.a.sln.targets": "x"}, "after.a.sln.targets"},
		{"dotnet", "a.slnx", `<Solution><Folder Name="/x/"><File Path="y"/><Project Path="A/A.csproj"/></Folder>` +
			`</Solution>`, nil, ""},
		{"dotnet", "a.slnx", `<Solution><Project Path="c.dcproj"/></Solution>`, nil, "Project.Path"},
		{"maven", "pom.xml", `<project><modelVersion>4.0.0</modelVersion><parent><groupId>o</groupId>` +
			`<artifactId>spring-boot-starter-parent</artifactId><version>3</version><relativePath/></parent>` +
			`<properties><java.version>21</java.version></properties><dependencies><dependency><groupId>a</groupId>` +
			`<artifactId>b</artifactId><scope>test</scope></dependency></dependencies><build><plugins><plugin>` +
			`<artifactId>p</artifactId><configuration><file>x</file></configuration></plugin></plugins></build></project>`,
			nil, ""},
		{"maven", "pom.xml", `<project><parent><artifactId>corp-parent</artifactId></parent></project>`, nil,
			"parent.artifactId"},
		{"maven", "pom.xml", `<project><build><extensions/></build></project>`, nil, "build.extensions"},
		{"maven", "pom.xml", `<project><build><plugins><plugin><artifactId>p</artifactId><extensions>true</extensions>` +
			`</plugin></plugins></build></project>`, nil, "build.plugins.plugin.extensions"},
		{"maven", "pom.xml", `<project><build><plugins><plugin><artifactId>maven-dependency-plugin</artifactId>` +
			`<configuration/></plugin></plugins></build></project>`, nil, "build.plugins.plugin.configuration"},
		{"maven", "pom.xml", `<project><repositories><repository><url>${project.baseUri}repo</url></repository>` +
			`</repositories></project>`, nil, "repositories.repository.url"},
		{"maven", "pom.xml", `<project><dependencies><dependency><systemPath>x</systemPath></dependency></dependencies>` +
			`</project>`, nil, "dependencies.dependency.systemPath"},
		{"maven", "pom.xml", `<project><profiles><profile><activation><file/></activation></profile></profiles></project>`,
			nil, "profiles.profile.activation.file"},
		{"maven", "pom.xml", `<project><packaging>bundle</packaging></project>`, nil, "packaging"},
		{"maven", "pom.xml", `<project><subprojects/></project>`, nil, "subprojects"},
		{"maven", "mvnw", "x", beside{"program": "mvn"}, ""},
		{"maven", "mvnw", "x", beside{"program": "mvnw"}, "nothing in"},
		{"gradle", "build.gradle", "plugins {\n\tid 'java'\n\tid 'org.springframework.boot' version '3.4.0'\n}\n\n" +
			"group = 'com.example'\nversion = '0.0.1'\n\njava {\n\ttoolchain {\n\t\tlanguageVersion = " +
			"JavaLanguageVersion.of(17)\n\t}\n}\n\nrepositories {\n\tmavenCentral()\n}\n\ndependencies {\n" +
			"\timplementation 'org.a:b'\n\tcompileOnly 'a:b:1'\n\ttestImplementation platform('a:b:1')\n}\n\n" +
			"tasks.named('test') {\n\tuseJUnitPlatform()\n}\n", nil, ""},
		{"gradle", "build.gradle.kts", "plugins { kotlin(\"jvm\") version \"2.0.0\" }\n" +
			"repositories { mavenCentral() }\ndependencies {\n" +
			" implementation(\"a:b:1\") // c\n testImplementation(kotlin(\"test\"))\n}\n" +
			"tasks.test { useJUnitPlatform() }\nkotlin { jvmToolchain(21) }\n", nil, ""},
		{"gradle", "build.gradle", "plugins {\n id 'com.gorylenko.gradle-git-properties' version '2'\n}\n", nil,
			"gorylenko"},
		{"gradle", "build.gradle", "version = Files.readString(Path.of('VERSION'))\n", nil, "Files.readString"},
		{"gradle", "build.gradle", "version = rootDir.resolve('VERSION').text\n", nil, "rootDir"},
		{"gradle", "build.gradle", "repositories {\n maven { url = uri('./repo') }\n}\n", nil, "./repo"},
		{"gradle", "build.gradle", "version = \"${new File('V').text}\"\n", nil, "new File"},
		{"gradle", "build.gradle", "newest 'x'\n", nil, "newest"},
		{"gradle", "settings.gradle", "rootProject.name = 'x'\n", nil, ""},
		{"gradle", "gradle.properties", "org.gradle.parallel=true\norg.gradle.jvmargs=-Xmx2g -XX:MaxX=1m\n" +
			"kotlin.code.style=official\nspringVersion=3.4.0\n", nil, ""},
		{"gradle", "gradle.properties", "org.gradle.java.home=/app/jdk\n", nil, "org.gradle.java.home"},
		{"gradle", "gradle.properties", "systemProp.javax.net.ssl.trustStore=trust.jks\n", nil, "systemProp"},
		{"pipenv", "Pipfile", "[[source]]\nurl='https://pypi.org/simple'\nname='pypi'\nverify_ssl=true\n[packages]\n" +
			"flask='*'\na={version='>=1',extras=['b']}\n[requires]\npython_version='3.13'\n", nil, ""},
		{"pipenv", "Pipfile", "[[source]]\nurl='file:///app/pypi'\n", nil, "source.url"},
		{"pipenv", "Pipfile", "[packages]\na={path='libs/a'}\n", nil, "packages.a.path"},
		{"pipenv", "Pipfile", "[packages]\na={file='a.whl'}\n", nil, "packages.a.file"},
		{"pipenv", "Pipfile", "[pipenv]\nnewest='x'\n", nil, "pipenv.newest"},
		{"pipenv", "Pipfile.lock", `{"_meta":{"sources":[{"url":"https://pypi.org/simple"}]},"default":{"a":` +
			`{"hashes":[],"version":"==1"}}}`, nil, ""},
		{"pipenv", "Pipfile.lock", `{"default":{"a":{"path":"libs/a"}}}`, nil, "default.a.path"},
		{"pdm", "pyproject.toml", "[project]\nname='x'\ndependencies=['a>=1']\n[tool.pdm]\ndistribution=false\n" +
			"[[tool.pdm.source]]\nurl='https://pypi.org/simple'\nname='pypi'\n[tool.pdm.dev-dependencies]\nt=['p']\n",
			nil, ""},
		{"pdm", "pyproject.toml", "[tool.pdm.dev-dependencies]\nt=['-e file:///${PROJECT_ROOT}/a']\n", nil,
			"tool.pdm.dev-dependencies"},
		{"pdm", "pyproject.toml", "[tool.pdm]\nplugins=['x']\n", nil, "tool.pdm.plugins"},
		{"pdm", "pyproject.toml", "[project]\nname='x'\n", beside{".pdm-python": "/x"}, ".pdm-python"},
		{"pdm", "pdm.lock", "[[package]]\nname = \"a\"\npath = \"./libs/a\"\n", nil, "names no directory"},
		{"pdm", "pdm.toml", "[venv]\nin_project = true\n", nil, ""},
		{"pdm", "pdm.toml", "[newest]\nx = 1\n", nil, "newest"},
		{"bun", "package.json", `{"dependencies":{"a":"1"}}`, nil, ""},
		{"bun", "package.json", `{"patchedDependencies":{"a@1":"p/a.patch"}}`, nil, ""},
		{"bun", "bunfig.toml", "[install]\nexact = true\nregistry = 'https://r/'\n", nil, ""},
		{"bun", "bunfig.toml", "preload = ['./x.ts']\n", nil, "preload"},
		{"bun", "bunfig.toml", "[install]\ncafile = 'ca.pem'\n", nil, "install.cafile"},
		{"bun", "bun.lock", `{"packages":{"a":["a@file:libs/a",{}]}}`, nil, "names no directory"},
		{"bun", "bun.lock", `{"packages":{"a":["a@1.0.0","",{},"x"]}}`, nil, "install scripts"},
		{"bun", "bun.lockb", "x", nil, "nothing in"},
	} {
		files := beside{c.file: c.data}
		for name, data := range c.files {
			files[name] = data
		}
		for _, m := range ecosystem.Managers {
			if m.Name != c.manager {
				continue
			}
			var said []string
			for _, d := range m.Doubts(files, c.file, ecosystem.Call{Manager: m, Scripts: true,
				Program: c.files["program"]}) {
				said = append(said, fmt.Sprintf(d.Says, d.Words...))
			}
			got := strings.Join(said, "; ")
			if c.want == "" && got != "" || !strings.Contains(got, c.want) {
				t.Errorf("%s, %s with %q: %q, want %q", c.manager, c.file, c.data, got, c.want)
			}
		}
	}
}
