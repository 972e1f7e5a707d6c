# package.mk - make install, what undoes it, and what is handed on. Included by the top Makefile, which defines
# BUILD VERSION ARCH LISTENERS DB and the rules of what is installed.

## make install      PREFIX=/usr/local DESTDIR=; also BINDIR LIBDIR LIBEXECDIR INCLUDEDIR DATADIR MANDIR
PREFIX     ?= /usr/local
BINDIR     ?= $(PREFIX)/bin
LIBDIR     ?= $(PREFIX)/lib
LIBEXECDIR ?= $(PREFIX)/libexec
INCLUDEDIR ?= $(PREFIX)/include
DATADIR    ?= $(PREFIX)/share
MANDIR     ?= $(DATADIR)/man
DIRECTORIES = BINDIR='$(BINDIR)' LIBDIR='$(LIBDIR)' LIBEXECDIR='$(LIBEXECDIR)' INCLUDEDIR='$(INCLUDEDIR)' DATADIR='$(DATADIR)' MANDIR='$(MANDIR)'

# Those that are used where they lie. An action of GitHub's is used in the repository.
RECIPES := ctest/ttlog.cmake pytest/ttlog_pytest.py gitlab/ttlog.yml docker/Dockerfile systemd/ttlog.conf kubernetes/deployment.yaml

.PHONY: install uninstall
install: all pages
	$(call say,INSTALL,'$(DESTDIR)$(PREFIX)')
	$(Q)$(DIRECTORIES) DESTDIR='$(DESTDIR)' VERSION='$(VERSION)' PLUGINS='$(LISTENERS) $(BUILD)/libttlog_test.so' HELPERS='$(BUILD)/ttlog-capture $(DB)' \
		RECIPES='$(RECIPES)' tools/package/install '$(BUILD)'

# What the same make install puts there, it takes away, and the directories of ttlog's own.
## make uninstall    takes away what make install has put there; the same variables
uninstall: all pages
	$(call say,REMOVE,'$(DESTDIR)$(PREFIX)')
	$(Q)set -e; staging=$$(mktemp -d); trap 'rm -rf "$$staging"' EXIT; \
		$(MAKE) --no-print-directory install DESTDIR="$$staging" $(DIRECTORIES) >/dev/null; tools/package/uninstall "$$staging" '$(DESTDIR)'

# The date of what is handed on: the same sources make the same bytes, whoever makes them where.
EPOCH = $(or $(SOURCE_DATE_EPOCH),$(shell date -u -d '$(MAN_DATE)' +%s))

# A folder that works where it is unpacked. It needs the libraries that ttlog is linked with.
DIST := ttlog-$(VERSION)-$(ARCH)
DISTDIR ?= $(BUILD)
.PHONY: dist-tarball
## make dist-tarball build/ttlog-VERSION-ARCH.tar.zst, which works wherever it is unpacked; DISTDIR=build
dist-tarball: all pages
	$(Q)set -e; staging=$$(mktemp -d); trap 'rm -rf "$$staging"' EXIT; \
		$(MAKE) --no-print-directory install DESTDIR="$$staging/$(DIST)" \
			BINDIR=/bin LIBDIR=/lib LIBEXECDIR=/libexec INCLUDEDIR=/include DATADIR=/share MANDIR=/share/man >/dev/null; \
		install -m 644 README.md CHANGELOG.md LICENSE "$$staging/$(DIST)"; \
		tar -C "$$staging" --sort=name --owner=0 --group=0 --numeric-owner --mode=go=rX --mtime='@$(EPOCH)' -cf "$$staging/tar" '$(DIST)'; \
		zstd -q -10 -o "$$staging/tar.zst" "$$staging/tar"; install -D -m 644 "$$staging/tar.zst" '$(DISTDIR)/$(DIST).tar.zst'
	$(call say,DIST,$(DISTDIR)/$(DIST).tar.zst)

.PHONY: deb package-test reproducible
## make deb          build/deb/*.deb: ttlog, libttlog-agent, libttlog-dev, ttlog-doc; lintian has nothing to say; MAINTAINER='NAME <ADDRESS>'
deb:
	$(Q)tools/deps/install package
	$(Q)$(if $(MAINTAINER),MAINTAINER='$(MAINTAINER)') tools/package/deb '$(BUILD)/deb' '$(VERSION)' '$(EPOCH)'

## make package-test installs them in a clean Debian, records a death there, and takes them away (as root; debootstrap)
package-test: deb $(BUILD)/demo/orders
	$(Q)tests/package/run '$(BUILD)/deb' '$(BUILD)/demo/orders'

## make reproducible builds and packs twice, in two places; compares
reproducible:
	$(Q)tools/package/reproducible '$(BUILD)/reproducible' '$(EPOCH)'
