package attack

import (
	"fmt"
	"strings"
)

// shapesOfInstructions are slow by the number or the length of instructions, flags, words and comments.
var shapesOfInstructions = []Shape{
	{Name: "apk_lines",
		Make: func(n int) map[string]string { return file("FROM alpine:3\n" + lines("RUN apk add curl\n", 1, n)) }},
	{Name: "apt_pkgs", Make: func(n int) map[string]string {
		return file("FROM debian:12\nRUN apt-get install -y " + each(min(n, maxLine), f("p%d ")) + "\n")
	}},
	{Name: "arg_chain", Make: func(n int) map[string]string {
		return file("FROM a\nARG A0=x\n" +
			some(n, maxInstructions, func(i int) string { return fmt.Sprintf("ARG A%d=$A%d\n", i+1, i) }) +
			"RUN echo $A1\n")
	}},
	{Name: "arg_deep_default", Make: func(n int) map[string]string {
		return file("FROM a\n" + lines("ARG A="+strings.Repeat("${B:-", 14)+"x"+strings.Repeat("}", 14)+"\n", 1, n))
	}},
	{Name: "arg_scope", Make: func(n int) map[string]string {
		return file(some(n/2, 4500, f("ARG A%d=1\n")) + "FROM a\n" + some(n/2, 4500, f("RUN echo $A%d\n")))
	}},
	{Name: "arg_scope_one", Make: func(n int) map[string]string {
		return file(some(n, 4500, f("ARG A%d=1\n")) + "FROM a\nRUN <<E\n" + each(min(n, maxScript), f("echo $A%d\n")) +
			"E\n")
	}},
	{Name: "args_global", Make: func(n int) map[string]string {
		return file(some(n, maxInstructions, func(i int) string { return fmt.Sprintf("ARG A%d=$A%d\n", i+1, i) }) +
			"FROM a\n")
	}},
	{Name: "cache_mounts_many", Make: func(n int) map[string]string {
		return file("FROM debian:12\n" +
			lines("RUN --mount=type=cache,target=/var/cache/apt rm -rf /var/cache/apt/*\n", 1, n))
	}},
	{Name: "check_directive", Make: func(n int) map[string]string {
		return file("# check=skip=" + each(min(n, maxLine), f("R%d,")) + "\nFROM a\nRUN cd x\n")
	}},
	{Name: "cmd_json", Make: func(n int) map[string]string {
		return file("FROM a\nCMD [" + each(min(n, maxLine), f(`"a%d",`)) + `"b"]` + "\n")
	}},
	{Name: "cmd_shell",
		Make: func(n int) map[string]string { return file(lines("FROM debian:12\nENTRYPOINT a b\n", 2, n)) }},
	{Name: "cmds", Make: func(n int) map[string]string { return file("FROM a\n" + lines("CMD a $b\n", 1, n)) }},
	{Name: "comments", Make: func(n int) map[string]string { return file("FROM a\n" + times("#\n", n) + "RUN b\n") }},
	{Name: "comments_between", Make: func(n int) map[string]string {
		return file("FROM a\n" + lines("RUN cd x\n# apt-get\n# dfbot ignore=cd-in-run reason\n", 1, n))
	}},
	{Name: "consecutive",
		Make: func(n int) map[string]string { return file("FROM debian:12\n" + lines("RUN a\n", 1, n)) }},
	{Name: "consecutive_apt", Make: func(n int) map[string]string {
		return file("FROM debian:12\n" + lines("RUN apt-get update\nRUN apt-get install -y a\n", 2, n))
	}},
	{Name: "cont_comments",
		Make: func(n int) map[string]string { return file("FROM a\nRUN a \\\n" + times("# c\n", n) + " b\n") }},
	{Name: "cont_empty",
		Make: func(n int) map[string]string { return file("FROM a\nRUN a \\\n" + times("\n", n) + " b\n") }},
	{Name: "cont_empty_many",
		Make: func(n int) map[string]string { return file("FROM a\n" + lines("RUN a \\\n\n\n\n\n b\n", 1, n)) }},
	{Name: "cont_env_crlf", Make: func(n int) map[string]string {
		return file("FROM a\r\nENV A=1" + each(n, f(" \\\r\n B%d=$A")) + "\r\n")
	}},
	{Name: "cont_lines",
		Make: func(n int) map[string]string { return file("FROM a\nRUN a" + times(" \\\n a", n) + "\n") }},
	{Name: "copy_chown", Make: func(n int) map[string]string {
		return file("FROM a\n" + some(n, 4900, f("COPY a%d /b%d\nRUN chown x /b%d\n")))
	}},
	{Name: "copy_from_itself", Make: func(n int) map[string]string {
		return file(some(n, 4900, f("FROM a AS s%d\nCOPY --from=s%d /x /y\n")))
	}},
	{Name: "copy_heredoc_line", Make: func(n int) map[string]string {
		return file("FROM a\nCOPY " + each(min(n, maxLine)/2, f("<<E%d ")) + "/x/\n" +
			each(min(n, maxLine)/2, f("E%d\n")))
	}},
	{Name: "copy_many_words", Make: func(n int) map[string]string {
		return file("FROM a\nCOPY " + each(min(n, maxLine), f("a%d ")) + "/x\n")
	}},
	{Name: "copy_untar", Make: func(n int) map[string]string {
		return file("FROM a\n" + some(n, 4900, f("COPY a%d.tgz /b/\nRUN tar xf /b/a%d.tgz\n")))
	}},
	{Name: "cr_lines", Make: func(n int) map[string]string { return file("FROM a\r\n" + lines("RUN cd x\r\n", 1, n)) }},
	{Name: "crlf_mix", Make: func(n int) map[string]string {
		return file("FROM debian\r\nRUN a \\\r\n" + times(" b \\\r\n", n) + " c\r\n")
	}},
	{Name: "curl_many", Make: func(n int) map[string]string {
		return file("FROM debian:12\n" + some(n, maxInstructions, f("ADD https://x.example/%d.tgz /%d\n")))
	}},
	{Name: "env_chain", Make: func(n int) map[string]string {
		return file("FROM a\n" + some(n, maxInstructions, f("ENV A=$A%dx\n")))
	}},
	{Name: "env_double",
		Make: func(n int) map[string]string { return file("FROM a\nENV A=xxxxxxxx\n" + lines("ENV A=$A$A\n", 1, n)) }},
	{Name: "env_long_values", Make: func(n int) map[string]string {
		return file("FROM a\nENV A=" + strings.Repeat("x", 4000) + "\n" + lines("ENV B=$A C=$A\n", 1, n))
	}},
	{Name: "env_lookup_chain", Make: func(n int) map[string]string {
		return file("FROM a AS s0\nENV A=1\n" + some(n, 3000, func(i int) string {
			return fmt.Sprintf("FROM s%d AS s%d\nRUN echo $A\nCOPY $A $B/\n", i, i+1)
		}))
	}},
	{Name: "env_many_uses", Make: func(n int) map[string]string {
		return file("FROM a\nENV A=" + strings.Repeat("x", 4000) + "\nRUN " + times("$A ", min(n, maxLine)) + "\n")
	}},
	{Name: "env_ref_self", Make: func(n int) map[string]string {
		return file("FROM a\nENV X=1" + each(n, f(" \\\n A%d=1 B%d=$A%d")) + "\n")
	}},
	{Name: "env_same", Make: func(n int) map[string]string {
		return file("FROM a\n" + lines("ENV A=1\n", 2, n/2) + lines("RUN echo $A\n", 2, n/2))
	}},
	{Name: "env_secret_many", Make: func(n int) map[string]string {
		return file("FROM a\nENV X=1" +
			each(n, f(" \\\n AWS_SECRET_ACCESS_KEY%d=wJalrXUtnFEMI%dK7MDENGbPxRfiCYEXAMPLEKEY")) + "\n")
	}},
	{Name: "expose", Make: func(n int) map[string]string {
		return file("FROM a\nEXPOSE 1" + each(n, f(" \\\n x%d")) +
			"\n")
	}},
	{Name: "expose_one_line", Make: func(n int) map[string]string {
		return file("FROM a\n" + lines("EXPOSE "+each(1000, f("x%d "))+"\n", 1, n))
	}},
	{Name: "from_builds", Make: func(n int) map[string]string {
		return file(some(n, maxInstructions, f("FROM r.io/a%d:latest\n")))
	}, Tree: true},
	{Name: "from_capitals",
		Make: func(n int) map[string]string { return file(some(n, maxInstructions, f("FROM Z%d AS Z%d\n"))) }},
	{Name: "from_platform", Make: func(n int) map[string]string {
		return file(some(n, maxInstructions, f("FROM --platform=$TARGETPLATFORM a:%d AS s%d\n")))
	}},
	{Name: "from_same_name", Make: func(n int) map[string]string { return file(lines("FROM a AS b\n", 1, n)) }},
	{Name: "healthchecks", Make: func(n int) map[string]string {
		return file("FROM a\n" + lines("HEALTHCHECK --interval=5s CMD curl -f http://localhost\n", 1, n))
	}},
	{Name: "heredoc_many",
		Make: func(n int) map[string]string { return file("FROM a\n" + lines("COPY <<E /x\na\nE\n", 1, n)) }},
	{Name: "heredoc_many_line", Make: func(n int) map[string]string {
		return file("FROM a\nRUN " + some(min(n/2, maxLine), 6000, f("<<E%d ")) + "\n" + some(n/2, 6000, f("x\nE%d\n")))
	}},
	{Name: "heredoc_unclosed",
		Make: func(n int) map[string]string { return file("FROM a\n" + times("RUN <<E\nx\n", n)) }},
	{Name: "ignore_each", Make: func(n int) map[string]string {
		return file("FROM a\n" + lines("# dfbot ignore=cd-in-run reason\nRUN cd /x\n", 1, n))
	}},
	{Name: "ignore_global", Make: func(n int) map[string]string {
		return file("FROM a\n" + lines("RUN cd /x\n", 2, n/2) + times("# dfbot global ignore=zz\n", n/2) + "RUN true\n")
	}},
	{Name: "ignore_instr", Make: func(n int) map[string]string {
		return file("FROM a\n" + lines("RUN cd /x\n", 3, n/5) + lines("# dfbot ignore=zz\nRUN a\n", 2, n*4/5))
	}},
	{Name: "ignore_many",
		Make: func(n int) map[string]string {
			return file("FROM a\n" + times("# dfbot ignore=a\n", n) +
				"RUN cd x\n")
		}},
	{Name: "ignore_names", Make: func(n int) map[string]string {
		return file("FROM a\n" + strings.Repeat("RUN cd /x\n", 2000) + "# dfbot global ignore=" +
			times("zz,", min(n, maxLine)) + "zz\nRUN true\n")
	}},
	{Name: "ignore_stage", Make: func(n int) map[string]string {
		return file(lines("FROM a\nRUN cd /x\n", 2, n/10) + times("# dfbot stage ignore=a\n", n*9/10) + "FROM a\n")
	}},
	{Name: "json_deep",
		Make: func(n int) map[string]string { return file("FROM a\nRUN " + times("[", min(n, maxLine)) + "\n") }},
	{Name: "label_json", Make: func(n int) map[string]string {
		return file("FROM a\nLABEL a='" + times(`{"a":["b"]},`, min(n, maxLine)) + "'\n")
	}},
	{Name: "label_lower", Make: func(n int) map[string]string {
		return file("FROM a\nLABEL x=y" + each(n, f(" \\\n Foo_Bar.%d=x")) + "\n")
	}},
	{Name: "label_same", Make: func(n int) map[string]string { return file("FROM a\n" + lines("LABEL a=b\n", 1, n)) }},
	{Name: "labels", Make: func(n int) map[string]string {
		return file("FROM a\nLABEL x=y" +
			each(n, f(" \\\n A_%d=x")) + "\n")
	}},
	{Name: "legacy_kv",
		Make: func(n int) map[string]string { return file("FROM debian:12\n" + lines("ENV a b\n", 1, n)) }},
	{Name: "long_line_words",
		Make: func(n int) map[string]string { return file("FROM a\nRUN " + times("a ", min(n, maxLine)) + "\n") }},
	{Name: "lower", Make: func(n int) map[string]string { return file("FROM debian:12\n" + lines("run a\n", 1, n)) }},
	{Name: "maint", Make: func(n int) map[string]string {
		return file("FROM debian:12\n" +
			lines("MAINTAINER a\n", 1, n))
	}},
	{Name: "mounts", Make: func(n int) map[string]string {
		line := "RUN " + each(60_000, f("--mount=type=cache,target=/c%d ")) + "apt-get install a\n"
		return file("FROM a\n" + lines(line, 1, n))
	}},
	{Name: "mounts_from", Make: func(n int) map[string]string {
		return file("FROM a AS s\nFROM a\n" + lines("RUN "+each(2000, f("--mount=from=s%d,target=/c%d "))+"a\n", 1, n))
	}},
	{Name: "mounts_one", Make: func(n int) map[string]string {
		return file("FROM a\nRUN --mount=type=cache" + each(min(n, maxLine), f(",target=/c%d")) + " a\n")
	}},
	{Name: "named_contexts", Make: func(n int) map[string]string {
		return file("FROM a\n" + some(n, maxInstructions, f("COPY --from=ctx%d a /x\n")))
	}},
	{Name: "near_arg", Make: func(n int) map[string]string {
		return file(some(n/2, 4900, f("ARG ARGUMENT%dXX=1\n")) + "FROM a\n" +
			some(n/2, 4900, f("RUN echo $ARGUMENT%dYY\n")))
	}},
	{Name: "near_from", Make: func(n int) map[string]string {
		return file(some(n/2, 4900, f("FROM a AS stage%dxx\n")) + some(n/2, 4900, f("COPY --from=stage%dyy /x /y\n")))
	}},
	{Name: "onbuild", Make: func(n int) map[string]string {
		return file("FROM a\n" +
			lines("ONBUILD RUN cd x\n", 1, n))
	}},
	{Name: "onbuild_chain", Make: func(n int) map[string]string {
		return file("FROM a AS s0\n" + some(n, 4900, func(i int) string {
			return fmt.Sprintf("ONBUILD COPY a /b%d\nFROM s%d AS s%d\n", i, i, i+1)
		}))
	}},
	{Name: "pip_pkgs", Make: func(n int) map[string]string {
		return file("FROM python:3\nRUN pip install " + each(min(n, maxLine), f("p%d ")) + "\n")
	}},
	{Name: "repl_pattern", Make: func(n int) map[string]string {
		return file("FROM a\nENV a=" + strings.Repeat("x", 4090) + "\n" +
			lines("ENV b=${a//"+strings.Repeat("*y", 100)+"/z}\n", 1, n))
	}},
	{Name: "repl_short", Make: func(n int) map[string]string {
		return file("FROM a\nENV a=" + strings.Repeat("x", 4090) + "\n" +
			lines("ENV b=${a//?/"+strings.Repeat("z", 200)+"}\n", 1, n))
	}},
	{Name: "rm_later", Make: func(n int) map[string]string {
		return file("FROM a\n" + some(n, 4900, f("RUN curl -O http://x/%d.tgz\nRUN rm %d.tgz\n")))
	}},
	{Name: "run_mount_secret", Make: func(n int) map[string]string {
		return file("# syntax=docker/dockerfile:1\nFROM a\n" +
			lines("RUN --mount=type=secret,id=x,target=/x a\n", 1, n))
	}},
	{Name: "runs", Make: func(n int) map[string]string {
		return file("FROM debian:12\n" + lines("RUN apt-get install -y a\n", 1, n))
	}},
	{Name: "secrets_args", Make: func(n int) map[string]string {
		return file("FROM a\n" + some(n, 4900, f("ARG TOKEN_%d\nRUN curl -H $TOKEN_%d http://a\n")))
	}},
	{Name: "secrets_env", Make: func(n int) map[string]string {
		return file("FROM a\nENV X=1" + each(n, f(" \\\n PASSWORD_%d=s3cr3t%d")) + "\n")
	}},
	{Name: "shells", Make: func(n int) map[string]string {
		return file("FROM a\n" + lines("SHELL [\"/bin/bash\",\"-c\"]\nRUN a | b\n", 2, n))
	}},
	{Name: "stage_chain", Make: func(n int) map[string]string {
		return file("FROM a AS s0\n" + some(n, 4900, func(i int) string {
			return fmt.Sprintf("FROM s%d AS s%d\nRUN apt-get install x\n", i, i+1)
		}))
	}},
	{Name: "stage_parents", Make: func(n int) map[string]string {
		return file("FROM a AS s0\nENV A=1\n" +
			some(n/2, 4500, func(i int) string { return fmt.Sprintf("FROM s%d AS s%d\n", i, i+1) }) +
			lines("RUN echo $B $C\n", 2, n/2))
	}},
	{Name: "stages", Make: func(n int) map[string]string {
		return file(some(n, 4900,
			func(i int) string { return fmt.Sprintf("FROM a AS s%d\nCOPY --from=s%d /x /y\n", i, max(0, i-1)) }))
	}},
	{Name: "stages_unused_copy", Make: func(n int) map[string]string {
		return file(some(n/2, 4900, f("FROM a AS s%d\n")) + "FROM a\n" + some(n/2, 4900, f("COPY --from=s%d /x /y\n")))
	}},
	{Name: "template_braces",
		Make: func(n int) map[string]string { return file("FROM a\nBAD {{" + times("\n{", n) + "\n") }},
	{Name: "trim_many", Make: func(n int) map[string]string {
		return file("FROM a\nENV a=" + strings.Repeat("x", 4090) + "\n" +
			lines("ENV b=${a%%"+strings.Repeat("*x", 2000)+"y}\n", 1, n))
	}},
	{Name: "trim_pattern", Make: func(n int) map[string]string {
		return file("FROM a\nENV a=" + strings.Repeat("x", 4090) + "\n" +
			lines("ENV b=${a%%"+strings.Repeat("*x", 200)+"}\n", 1, n))
	}},
	{Name: "trim_pattern_big", Make: func(n int) map[string]string {
		return file("FROM a\nENV a=" + strings.Repeat("x", 4090) + "\nENV b=${a%%" + times("*x", min(n, maxLine)) +
			"}\n")
	}},
	{Name: "trim_proof", Make: func(n int) map[string]string {
		return file("FROM a\nENV a=" + strings.Repeat("x", 4090) + "\n" +
			lines("ENV b=${a%%"+strings.Repeat("*x", 100)+"y}\nRUN cd x\n", 2, n))
	}},
	{Name: "trim_short", Make: func(n int) map[string]string {
		return file("FROM a\nENV a=" + strings.Repeat("x", 4090) + "\n" +
			lines("ENV b=${a%%"+strings.Repeat("*x", 60)+"y}\n", 1, n))
	}},
	{Name: "undefined_var", Make: func(n int) map[string]string {
		return file("FROM a\nENV " + each(min(n, maxLine), f("a%d=$b%d ")) + "\n")
	}},
	{Name: "unicode_stage", Make: func(n int) map[string]string {
		return file("FROM a\n" + lines("LABEL ключ=\"значение\u202e日本語🙂\"\nRUN cd пакет\n", 2, n))
	}},
	{Name: "unknown_flags", Make: func(n int) map[string]string {
		return file("# syntax=docker/dockerfile:1\nFROM a\n" + lines("RUN --foo x\n", 1, n))
	}},
	{Name: "unknown_flags_distinct", Make: func(n int) map[string]string {
		return file("# syntax=docker/dockerfile:1\nFROM a\n" + some(n, maxInstructions, f("RUN --foo%d x\n")))
	}},
	{Name: "unknown_flags_multi", Make: func(n int) map[string]string {
		return file("# syntax=docker/dockerfile:1\nFROM a\n" +
			lines("RUN "+some(1000, 20, func(i int) string { return "--" + string(rune('a'+i)) + " " })+"x\n", 1, n))
	}},
	{Name: "unknown_flags_one", Make: func(n int) map[string]string {
		return file("# syntax=docker/dockerfile:1\nFROM a\n" + lines("RUN "+times("--f ", min(n, maxLine))+"x\n", 1, n))
	}},
	{Name: "useradds", Make: func(n int) map[string]string {
		return file("FROM debian:12\n" + some(n, 4900, f("RUN useradd u%d\nUSER u%d\n")))
	}},
	{Name: "users", Make: func(n int) map[string]string {
		return file("FROM debian:12\n" + lines("USER app\nRUN apt-get install x\n", 2, n))
	}},
	{Name: "volumes", Make: func(n int) map[string]string {
		return file("FROM a\n" + some(n, 4900, f("VOLUME /v%d\nRUN touch /v%d/x\n")))
	}},
	{Name: "volumes_later", Make: func(n int) map[string]string {
		return file("FROM a\n" + some(n/2, 4900, f("VOLUME /v%d\n")) + some(n/2, 4900, f("RUN echo > /v%d/x\n")))
	}},
	{Name: "volumes_of_one", Make: func(n int) map[string]string {
		return file("FROM a\nVOLUME " + each(min(n/2, maxLine), f("/v%d ")) + "\n" +
			some(n/2, maxInstructions, f("RUN echo > /w%d/x\n")))
	}},
	{Name: "workdir_adds_up", Make: func(n int) map[string]string {
		return file("FROM a\n" + lines("WORKDIR "+strings.Repeat("a", 90)+"\n", 1, n))
	}},
	{Name: "workdir_long", Make: func(n int) map[string]string {
		return file("FROM debian:12\n" + lines("WORKDIR "+strings.Repeat("a/", 500)+"\nCOPY . .\n", 2, n))
	}},
	{Name: "workdir_stages", Make: func(n int) map[string]string {
		return file("FROM a AS s0\nUSER app\nWORKDIR /x\n" + some(n, 3000, func(i int) string {
			return fmt.Sprintf("FROM s%d AS s%d\nRUN apt-get install -y x | y\nWORKDIR b\n", i, i+1)
		}))
	}},
	{Name: "workdirs", Make: func(n int) map[string]string {
		return file("FROM debian:12\n" + lines("WORKDIR a\nRUN mkdir a\n", 2, n))
	}},
}
