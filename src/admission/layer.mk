# SPDX-License-Identifier: ISC
noinst_LTLIBRARIES += libadmission.la
libadmission_la_SOURCES = \
	src/admission/admission.c \
	src/admission/admission.h \
	src/admission/admission_end.c \
	src/admission/admission_grant.c \
	src/admission/admission_requests.c \
	src/admission/admission_segments.c \
	src/admission/admission_steps.h \
	src/admission/half_open.c \
	src/admission/half_open.h \
	src/admission/pending_offers.c \
	src/admission/pending_offers.h \
	src/admission/policy_binding.c \
	src/admission/policy_binding.h
