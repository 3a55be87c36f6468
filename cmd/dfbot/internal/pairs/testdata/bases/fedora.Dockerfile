# Debian's dnf with a repository of three small packages: what asks, what is cached and what is cleaned is dnf's own.
FROM dfbot/system
RUN apt-get update && apt-get install -y --no-install-recommends dnf rpm createrepo-c && rm -rf /var/lib/apt/lists/*
COPY --from=dfbot/packages /opt/debian /opt/debian
COPY --from=dfbot/packages /etc/apt/sources.list /etc/apt/sources.list
RUN mkdir -p /opt/repository && cd /tmp && for name in curl git make; do \
      printf 'Name: %s\nVersion: 1\nRelease: 1\nSummary: a stand-in\nLicense: MIT\nBuildArch: noarch\n%%description\na stand-in\n%%install\nmkdir -p %%{buildroot}/opt\necho %s >%%{buildroot}/opt/%s\n%%files\n/opt/%s\n' $name $name $name $name >$name.spec && \
      rpmbuild -bb --define '_rpmdir /opt/repository' $name.spec || exit 1; \
    done && rm -rf /tmp/* /root/rpmbuild && createrepo_c /opt/repository && mkdir -p /etc/yum.repos.d && \
    printf '[local]\nname=local\nbaseurl=file:///opt/repository\ngpgcheck=0\n' >/etc/yum.repos.d/local.repo && \
    ln -s /usr/bin/dnf /usr/local/bin/yum
CMD ["bash"]
