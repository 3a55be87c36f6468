# BusyBox, which is most of Alpine; apk is not there.
FROM scratch
COPY --from=machine busybox /bin/busybox
COPY --from=machine ca-certificates.crt /etc/ssl/certs/ca-certificates.crt
RUN ["/bin/busybox", "mkdir", "-p", "/tmp", "/root", "/home", "/usr/bin", "/usr/sbin", "/sbin", "/var/tmp", "/opt"]
RUN ["/bin/busybox", "--install", "-s"]
RUN chmod 1777 /tmp /var/tmp && \
    printf 'root:x:0:0:root:/root:/bin/sh\nnobody:x:65534:65534:nobody:/:/sbin/nologin\n' >/etc/passwd && \
    printf 'root:x:0:\nnobody:x:65534:\n' >/etc/group && printf 'root:*::0:::::\n' >/etc/shadow
ENV PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
CMD ["/bin/sh"]
