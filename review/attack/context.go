package attack

import (
	"fmt"
	"strings"
)

// small is a repository of three thousand files, for shapes that were slow in it already.
func small(files map[string]string) map[string]string {
	for i := range 3000 {
		files[fmt.Sprintf("d%d/f%d", i/100, i%100)] = ""
	}
	return files
}

// longNames is a repository of names that a pattern has to be tried on for long.
func longNames(files map[string]string) map[string]string {
	for i := range 300 {
		files[strings.Repeat("a", 28)+fmt.Sprint(i)+"/"+strings.Repeat("a", 34)] = ""
	}
	return files
}

// ignoring is a Dockerfile that copies everything, and an ignore file.
func ignoring(ignore string) map[string]string {
	return with(file("FROM a\nCOPY . .\n"), ".dockerignore", ignore)
}

// shapesOfContext are slow by what COPY takes from a repository and what its ignore files hide.
var shapesOfContext = []Shape{
	{Name: "add_wild", Tree: true, Make: func(n int) map[string]string {
		return file("FROM a\n" + some(n, maxInstructions, f("ADD p*/s*/*/f*%d.js /x/\n")))
	}},
	{Name: "bang", Tree: true, Make: func(n int) map[string]string {
		return small(ignoring(some(n, 499, f("d%d\n!d%d\n"))))
	}},
	{Name: "bang_in_tree", Tree: true, Make: func(n int) map[string]string {
		return ignoring(some(min(n, maxIgnore), 499, f("pkg%d\n!pkg%d/*/part*/f*\n")))
	}},
	{Name: "copies_deep", Tree: true, Make: func(n int) map[string]string {
		return map[string]string{strings.Repeat("deep/", 200) +
			"Dockerfile": trimmed("FROM a\n" + some(n, 9000, f("COPY a%d /x\n")))}
	}},
	{Name: "copies_ignored", Tree: true, Make: func(n int) map[string]string {
		return with(file("FROM a\n"+lines("COPY pkg1 /x\n", 1, n)), ".dockerignore", "pkg1\n")
	}},
	{Name: "copies_missing", Tree: true, Make: func(n int) map[string]string {
		return file("FROM a\n" + some(n, maxInstructions, f("COPY pkg0/src0/part0/fiel%d.js /x\n")))
	}},
	{Name: "copies_of_secrets", Tree: true, Make: func(n int) map[string]string {
		files := file("FROM a\n" + lines("COPY . .\n", 1, n))
		for i := range 300 {
			files[fmt.Sprintf("s%d/id_rsa", i)] = "-----BEGIN PRIVATE KEY-----\n"
		}
		return files
	}},
	{Name: "copies_wild", Tree: true, Make: func(n int) map[string]string {
		return with(file("FROM node\n"+lines("COPY */s* /y/\nRUN npm install\n", 2, n)), "package.json", "{}")
	}},
	{Name: "copies_wild_distinct", Tree: true, Make: func(n int) map[string]string {
		return with(file("FROM node\n"+some(n, 4900, f("COPY */s*/*%d* /y/\nRUN npm install\n"))), "package.json", "{}")
	}},
	{Name: "copy_class", Tree: true, Make: func(n int) map[string]string {
		return file("FROM a\n" + strings.Repeat("COPY *["+times("b", min(n, maxLine)/2)+"]x /y/\n", 40))
	}},
	{Name: "copy_classes", Tree: true, Make: func(n int) map[string]string {
		return file("FROM a\n" + some(n, maxInstructions, f("COPY */*/*/*["+strings.Repeat("b", 100)+"]%d /y/\n")))
	}},
	{Name: "copy_dots", Tree: true, Make: func(n int) map[string]string {
		return with(with(file("FROM python:3\n"+lines("COPY . .\nRUN pip install -r requirements.txt\n", 2, n)),
			"requirements.txt", "a\n"), "pyproject.toml", "[project]\n")
	}},
	{Name: "copy_exclude", Tree: true, Make: func(n int) map[string]string {
		return file("# syntax=docker/dockerfile:1\nFROM a\n" + lines("COPY --exclude=**/*a*b*c . .\n", 1, n))
	}},
	{Name: "copy_folders_npm", Tree: true, Make: func(n int) map[string]string {
		return with(file("FROM node\n"+some(n, 4900, f("WORKDIR /a%d\nCOPY . .\nRUN npm install\n"))), "package.json",
			"{}")
	}},
	{Name: "copy_many", Tree: true, Make: func(n int) map[string]string {
		return file("FROM node:20\n" + some(n, 9000, f("COPY a%d /x\n")) + "RUN npm install\n")
	}},
	{Name: "copy_npm", Tree: true, Make: func(n int) map[string]string {
		return with(with(file("FROM node:20\n"+lines("COPY . .\nRUN npm install\n", 2, n)), "package.json", "{}"),
			"package-lock.json", "{}")
	}},
	{Name: "copy_npm_stages", Tree: true, Make: func(n int) map[string]string {
		return with(file("FROM node:20 AS s0\n"+some(n, 2400, func(i int) string {
			return fmt.Sprintf("COPY . .\nRUN npm install\nFROM s%d AS s%d\n", i, i+1)
		})), "package.json", "{}")
	}},
	{Name: "deep_paths", Make: func(n int) map[string]string {
		files := ignoring("**/x\n")
		for i := range min(300, max(1, n/3000)) {
			files[times("d/", min(n, 3000))+fmt.Sprint(i)] = ""
		}
		return files
	}},
	{Name: "dockerignore", Tree: true,
		Make: func(n int) map[string]string { return ignoring(some(n, 999, f("**/*a*b*c%d\n"))) }},
	{Name: "dockerignore_literal", Tree: true, Make: func(n int) map[string]string {
		return ignoring(some(n, 999, f("**/file%d.jsx\n")))
	}},
	{Name: "dockerignore_stars", Tree: true,
		Make: func(n int) map[string]string { return ignoring(some(n, 999, f("**/f*i*l*e*%dx\n"))) }},
	{Name: "ignore_class", Tree: true,
		Make: func(n int) map[string]string { return ignoring(some(n, 999, f("**/*[a-z]*[0-9]%d?\n"))) }},
	{Name: "ignore_deep", Make: func(n int) map[string]string {
		files := map[string]string{strings.Repeat("d/", 200) + "Dockerfile": "FROM a\nCOPY . .\n"}
		for i := range 200 {
			files[strings.Repeat("d/", i)+".dockerignore"] = some(min(n, maxIgnore), 999, f("x%d*\n"))
		}
		return files
	}},
	{Name: "ignore_glob",
		Make: func(n int) map[string]string { return longNames(ignoring(times("*a", min(n, maxIgnore)) + "b\n")) }},
	{Name: "ignore_glob2",
		Make: func(n int) map[string]string { return longNames(ignoring(times("**/?", min(n, maxIgnore)) + "b\n")) }},
	{Name: "ignore_glob3",
		Make: func(n int) map[string]string { return longNames(ignoring(times("**/", min(n, maxIgnore)) + "b\n")) }},
	{Name: "ignore_glob_short", Tree: true, Make: func(n int) map[string]string {
		return ignoring(some(min(n, maxIgnore), 999, f(strings.Repeat("**/", 40)+"b%d\n")))
	}},
	{Name: "ignore_odd", Tree: true, Make: func(n int) map[string]string {
		return ignoring(some(min(n, maxIgnore), 999, f("**x**/a|b*%d\n")))
	}},
	{Name: "ignore_pats", Tree: true,
		Make: func(n int) map[string]string { return ignoring(times("a\n", min(n, maxIgnore))) }},
	{Name: "ignore_question", Tree: true, Make: func(n int) map[string]string {
		return ignoring(some(min(n, maxIgnore), 999, f("**/*?l?*%d?x\n")))
	}},
	{Name: "install_files", Tree: true, Make: func(n int) map[string]string {
		return file("FROM python:3\nCOPY . .\nRUN pip install " +
			each(min(n, maxLine), f("-r pkg%d/requirements.txt ")) + "\n")
	}},
	{Name: "installs_of_all", Tree: true, Make: func(n int) map[string]string {
		return file("FROM node\n" + lines("COPY pkg1 pkg2 */src1 /x/\nRUN npm ci && pip install . && bundle install "+
			"&& go mod download && cargo fetch\n", 2, n))
	}},
}

// npm is a project of npm beside a Dockerfile that installs it.
func npm(manifest string) map[string]string {
	return with(with(file("FROM node:20\nCOPY . .\nRUN npm ci\n"), "package.json", manifest), "package-lock.json", "{}")
}

// python is a project of Python beside a Dockerfile that installs it.
func python(pyproject string) map[string]string {
	return with(file("FROM python:3\nCOPY . .\nRUN pip install .\n"), "pyproject.toml", pyproject)
}

// pnpm is a project of pnpm beside a Dockerfile that installs it.
func pnpm(workspace string) map[string]string {
	return with(with(with(file("FROM node:20\nCOPY . .\nRUN pnpm i\n"), "pnpm-workspace.yaml", workspace),
		"package.json", "{}"), "pnpm-lock.yaml", "")
}

// shapesOfManifests are slow by the files that package managers read.
var shapesOfManifests = []Shape{
	{Name: "cargo_members", Tree: true, Make: func(n int) map[string]string {
		return with(with(file("FROM rust:1\nCOPY . .\nRUN cargo build\n"), "Cargo.toml",
			"[workspace]\nmembers=["+each(n, f(`"pkg%d/*",`))+"]\n"), "Cargo.lock", "")
	}},
	{Name: "composer_json", Make: func(n int) map[string]string {
		return with(with(file("FROM composer:2\nCOPY . .\nRUN composer install\n"), "composer.json",
			`{"scripts":`+times("[", n)+"}"), "composer.lock", "{}")
	}},
	{Name: "csproj_chain", Make: func(n int) map[string]string {
		files := file("FROM mcr.microsoft.com/dotnet/sdk:8.0\nCOPY . .\nRUN dotnet restore\n")
		for i := range min(500, max(1, n/100)) {
			files[fmt.Sprintf("p%d/p%d.csproj", i,
				i)] = fmt.Sprintf("<Project><ItemGroup><ProjectReference "+
				"Include=\"..\\p%d\\p%d.csproj\"/></ItemGroup></Project>", i+1, i+1)
		}
		files["p.csproj"] = `<Project><ItemGroup><ProjectReference Include="p0\p0.csproj"/></ItemGroup></Project>`
		return files
	}},
	{Name: "csproj_large", Make: func(n int) map[string]string {
		return with(file("FROM mcr.microsoft.com/dotnet/sdk:8.0\nCOPY . .\nRUN dotnet restore\n"), "p.csproj",
			"<Project><ItemGroup>"+times("<ProjectReference Include=\"p.csproj\"/>", n))
	}},
	{Name: "gemfile", Make: func(n int) map[string]string {
		return with(with(file("FROM ruby:3\nCOPY . .\nRUN bundle install\n"), "Gemfile",
			times("gem 'a', path: \"b\"\n", n)), "Gemfile.lock", "")
	}},
	{Name: "gomod", Make: func(n int) map[string]string {
		return with(with(file("FROM golang:1\nCOPY . .\nRUN go build\n"), "go.mod",
			"module a\n"+times("replace a => ./b\n", n)), "go.sum", "")
	}},
	{Name: "gomod_replaces", Tree: true, Make: func(n int) map[string]string {
		return with(with(file("FROM golang:1\nCOPY . .\nRUN go mod download\n"), "go.mod",
			"module a\n"+each(n, f("replace a%d => ./pkg%d\n"))), "go.sum", "")
	}},
	{Name: "gradle", Make: func(n int) map[string]string {
		return with(file("FROM gradle:8\nCOPY . .\nRUN gradle build\n"), "settings.gradle", times("include 'a'\n", n))
	}},
	{Name: "json_pkg", Make: func(n int) map[string]string { return npm(`{"workspaces":` + times("[", n) + "}") }},
	{Name: "json_scripts", Make: func(n int) map[string]string {
		return npm(`{"scripts":{` + each(n, f(`"a%d":"node x",`)) + `"postinstall":"node x"}}`)
	}},
	{Name: "npm_overrides", Make: func(n int) map[string]string {
		return npm(`{"overrides":` + times(`{"a":`, n*4/5) + "1" + times("}", n/6) + "}")
	}},
	{Name: "pipfile", Make: func(n int) map[string]string {
		return with(file("FROM python:3\nCOPY . .\nRUN pipenv install\n"), "Pipfile",
			"[packages]\n"+each(n, f("a%d = {path=\".\"}\n")))
	}},
	{Name: "pkg_workspaces", Tree: true, Make: func(n int) map[string]string {
		return npm(`{"workspaces":[` + times(`"**/a*",`, n) + `"b"]}`)
	}},
	{Name: "pkg_workspaces_stars", Tree: true, Make: func(n int) map[string]string {
		return npm(`{"workspaces":["` + times("*a", n) + `"]}`)
	}},
	{Name: "pnpm_bomb", Make: func(n int) map[string]string {
		text := "a0: &a0 [x,x,x,x,x,x,x,x,x,x]\n"
		for i := range 11 {
			text += fmt.Sprintf("a%d: &a%d [%s]\n", i+1, i+1,
				strings.Trim(strings.Repeat(fmt.Sprintf("*a%d,", i), 10), ","))
		}
		return pnpm(text + "packages: *a11\n")
	}},
	{Name: "pnpm_yaml",
		Make: func(n int) map[string]string { return pnpm("packages: &a [\"x\"]\n" + times("b: [*a,*a]\n", n)) }},
	{Name: "pom", Make: func(n int) map[string]string {
		return with(file("FROM maven:3\nCOPY . .\nRUN mvn package\n"), "pom.xml",
			"<project>"+times("<parent><relativePath>", n))
	}},
	{Name: "req_files", Make: func(n int) map[string]string {
		return with(file("FROM python:3\nCOPY . .\nRUN pip install -r requirements.txt\n"), "requirements.txt",
			each(n, f("./p%d\n")))
	}},
	{Name: "req_includes", Make: func(n int) map[string]string {
		return with(file("FROM python:3\nCOPY . .\nRUN pip install -r requirements.txt\n"), "requirements.txt",
			times("-r requirements.txt\n", n))
	}},
	{Name: "req_includes_mutual", Make: func(n int) map[string]string {
		files := file("FROM python:3\nCOPY . .\nRUN pip install -r requirements0.txt\n")
		k := min(100, max(2, n/2000))
		for i := range k {
			files[fmt.Sprintf("requirements%d.txt", i)] = some(2000, k, f("-r requirements%d.txt\n"))
		}
		return files
	}},
	{Name: "toml_deep", Make: func(n int) map[string]string { return python("a=" + times("[", n) + "\n") }},
	{Name: "toml_dotted", Make: func(n int) map[string]string { return python("[" + times("a.", n) + "a]\nx=1\n") }},
	{Name: "toml_inline", Make: func(n int) map[string]string { return python("a=" + times("{a=", n) + "1\n") }},
	{Name: "toml_sources", Make: func(n int) map[string]string {
		return python("[project]\ndependencies=[" + each(n/2, f(`"a%d",`)) + "]\n[tool.uv.sources]\n" +
			each(n/2, f("a%d={path=\"x\"}\n")))
	}},
	{Name: "toml_tables", Make: func(n int) map[string]string {
		return python(each(n, f("[a."+strings.Repeat("b.", 200)+"k%d]\n")))
	}},
	{Name: "yarnrc", Make: func(n int) map[string]string {
		return with(with(with(file("FROM node:20\nCOPY . .\nRUN yarn install\n"), "package.json", "{}"), "yarn.lock",
			""), ".yarnrc.yml", "plugins:\n"+times("  - a\n", n))
	}},
}

// configured is a Dockerfile with the configuration beside it.
func configured(config string) map[string]string {
	return with(file("FROM a\nRUN cd x\n"), ".dfbot.yml", config)
}

// shapesOfConfig are slow by the configuration, which comes from the base branch and, to be checked, from the pull
// request.
var shapesOfConfig = []Shape{
	{Name: "hadolint_codes", Make: func(n int) map[string]string {
		return with(file("FROM a\n"), ".hadolint.yaml", "ignored:\n"+each(min(n, maxLine), f("- DL%d\n")))
	}},
	{Name: "yml_bomb", Make: func(n int) map[string]string {
		text := "a0: &a0 [x,x,x,x,x,x,x,x,x,x]\n"
		for i := range 11 {
			text += fmt.Sprintf("a%d: &a%d [%s]\n", i+1, i+1,
				strings.Trim(strings.Repeat(fmt.Sprintf("*a%d,", i), 10), ","))
		}
		return configured(text + "ignore: *a11\n")
	}},
	{Name: "yml_braces", Tree: true, Make: func(n int) map[string]string {
		return configured("files:\n  include: [\"" + times("{a,b}", min(n, 4000)) + "/**/*a*a*a*b\"]\n")
	}},
	{Name: "yml_deep", Make: func(n int) map[string]string {
		return configured("rules: " + times("[", min(n, maxLine)) +
			"\n")
	}},
	{Name: "yml_docs", Make: func(n int) map[string]string { return configured(times("---\n", min(n, maxLine))) }},
	{Name: "yml_glob", Tree: true, Make: func(n int) map[string]string {
		return configured("files:\n  include: [\"" + times("*a", min(n, 4000)) + "b\",\"" +
			times("**/*a*", min(n, 4000)) + "b\"]\n")
	}},
	{Name: "yml_globs", Tree: true, Make: func(n int) map[string]string {
		return configured("files:\n  include: [" + each(min(n, maxLine), f(`"**/f*i*l*e%d*x",`)) + "]\n")
	}},
	{Name: "yml_ignores", Tree: true, Make: func(n int) map[string]string {
		return configured("ignore:\n" +
			each(min(n, maxLine), f("  - {rules: [cd-in-run], paths: [\"**/f*i*l*e%d*x\"]}\n")))
	}},
	{Name: "yml_key", Make: func(n int) map[string]string {
		return configured("rules:\n  " + times("a", min(n, maxLine)) + ": off\n")
	}},
	{Name: "yml_keys", Make: func(n int) map[string]string {
		return configured("rules:\n" +
			some(min(n, maxLine), 48, f("  "+strings.Repeat("a", min(n, maxLine)/50)+"%d: off\n")))
	}},
	{Name: "yml_quote", Make: func(n int) map[string]string { return configured(times("? ", min(n, maxLine)) + "\n") }},
}
