# What debootstrap made of Debian, with the settings of the official image: apt keeps no archives, dpkg waits for no disk.
FROM scratch AS unpacked
COPY --from=machine busybox /busybox
WORKDIR /system
RUN --mount=from=machine,target=/machine ["/busybox", "tar", "-xpf", "/machine/rootfs.tar"]

FROM scratch
COPY --from=unpacked /system /
COPY <<docker-clean /etc/apt/apt.conf.d/docker-clean
DPkg::Post-Invoke { "rm -f /var/cache/apt/archives/*.deb /var/cache/apt/archives/partial/*.deb /var/cache/apt/*.bin || true"; };
APT::Update::Post-Invoke { "rm -f /var/cache/apt/archives/*.deb /var/cache/apt/archives/partial/*.deb /var/cache/apt/*.bin || true"; };
Dir::Cache::pkgcache ""; Dir::Cache::srcpkgcache "";
docker-clean
COPY --from=machine ca-certificates.crt /etc/ssl/certs/ca-certificates.crt
RUN echo force-unsafe-io >/etc/dpkg/dpkg.cfg.d/docker-apt-speedup
RUN rm -rf /var/lib/apt/lists/* /var/cache/apt/archives/*.deb
ENV PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
CMD ["bash"]
