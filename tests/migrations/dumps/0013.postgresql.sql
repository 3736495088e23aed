-- {"organization_id": "d6bbaf98-9c8b-4bd5-b207-da5c065158aa", "customers": [{"id": "4116d03f-ffac-4092-80ee-a9301b05c110", "external_id": "living-2", "email": "living-2@people.example", "name": null, "created_at": "2026-11-28T01:13:09.989640Z", "subscriptions": [], "members": []}, {"id": "b890899f-9532-4143-9272-95fa98bdb871", "external_id": "again-1", "email": "again-1@people.example", "name": "Somebody again-1", "created_at": "2026-11-28T01:11:43.207372Z", "subscriptions": [], "members": []}, {"id": "76e2dcd2-332c-45f3-a650-59b9bc8296ba", "external_id": "team-1", "email": "team-1@people.example", "name": "Somebody team-1", "created_at": "2026-10-29T01:12:43.211589Z", "subscriptions": [{"id": "398786fb-ed88-4d12-a4f5-5c1e459f69af", "status": "active"}], "members": []}, {"id": "3552a888-ddeb-4f1f-b049-b75b333a4a49", "external_id": "held-3", "email": "held-3@people.example", "name": "Somebody held-3", "created_at": "2026-10-29T01:12:43.203726Z", "subscriptions": [{"id": "f9dc0534-0a43-4c2a-9b79-a42d2c317d2f", "status": "active"}], "members": []}, {"id": "1b4d5b3f-9056-4b98-9b38-f8ee8905f966", "external_id": "held-2", "email": "held-2@people.example", "name": "Somebody held-2", "created_at": "2026-10-29T01:12:43.199801Z", "subscriptions": [{"id": "39a389ee-a65c-4fb0-af77-d47f9490256d", "status": "active"}], "members": []}, {"id": "707e5519-68fb-4b02-9e67-604178db2f19", "external_id": "held-1", "email": "held-1@people.example", "name": "Somebody held-1", "created_at": "2026-10-29T01:12:43.198530Z", "subscriptions": [{"id": "d783ebf6-01b2-4eee-bd8f-4f001d000027", "status": "active"}], "members": []}, {"id": "1f6b328b-8620-446c-94bd-decad2132f2c", "external_id": "living-1", "email": "living-1@people.example", "name": "Somebody living-1", "created_at": "2026-10-29T01:12:43.190147Z", "subscriptions": [{"id": "44bbf4af-0bea-4f4b-b967-65f18f79dfa4", "status": "active"}], "members": []}, {"id": "a4c84db9-4449-47e2-96ee-6cca60ef573f", "external_id": "pending-1", "email": "pending-1@people.example", "name": "Somebody pending-1", "created_at": "2026-10-29T01:12:43.177229Z", "subscriptions": [{"id": "bb2fae28-ac02-437b-b26c-b915e154cf31", "status": "active"}], "members": []}, {"id": "24a18efb-fac3-4ab9-963a-440549392f8c", "external_id": "mapped-1", "email": "mapped-1@people.example", "name": "Somebody mapped-1", "created_at": "2026-10-29T01:12:43.173470Z", "subscriptions": [{"id": "caed8045-9507-4751-abc5-b809e8aef18f", "status": "active"}], "members": []}, {"id": "4418f6e3-b898-453c-a383-d073f271d592", "external_id": "blocked-1", "email": "blocked-1@people.example", "name": "Somebody blocked-1", "created_at": "2026-10-29T01:12:43.171924Z", "subscriptions": [{"id": "a5628654-1e49-49b6-8b8e-33b502df7c2a", "status": "active"}], "members": []}]}
SELECT pg_catalog.set_config('search_path', '', false);
CREATE TABLE public.alembic_version (
    version_num character varying(32) NOT NULL
);
CREATE TABLE public.benefit_grant (
    version_at timestamp with time zone NOT NULL,
    observed_at timestamp with time zone NOT NULL,
    digest character varying NOT NULL,
    written_by character varying NOT NULL,
    written_at timestamp with time zone NOT NULL,
    id character varying NOT NULL,
    customer_id character varying NOT NULL,
    benefit_id character varying NOT NULL,
    created_at timestamp with time zone NOT NULL,
    is_granted boolean NOT NULL,
    granted_at timestamp with time zone,
    revoked_at timestamp with time zone,
    not_kept json
);
CREATE TABLE public.budget (
    id integer NOT NULL,
    next_at timestamp with time zone NOT NULL,
    paused_until timestamp with time zone NOT NULL
);
CREATE SEQUENCE public.budget_id_seq
    AS integer
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;
ALTER SEQUENCE public.budget_id_seq OWNED BY public.budget.id;
CREATE TABLE public.counter (
    name character varying NOT NULL,
    labels character varying NOT NULL,
    value double precision NOT NULL
);
CREATE TABLE public.customer (
    version_at timestamp with time zone NOT NULL,
    observed_at timestamp with time zone NOT NULL,
    digest character varying NOT NULL,
    written_by character varying NOT NULL,
    written_at timestamp with time zone NOT NULL,
    id character varying NOT NULL,
    created_at timestamp with time zone NOT NULL,
    deleted_at timestamp with time zone,
    external_id character varying,
    email character varying,
    name character varying,
    billing_name character varying,
    billing_address json,
    tax_id json,
    metadata json,
    final_state_at timestamp with time zone,
    final_state_open integer,
    forgotten_at timestamp with time zone,
    not_kept json
);
CREATE TABLE public.customer_seat (
    version_at timestamp with time zone NOT NULL,
    observed_at timestamp with time zone NOT NULL,
    digest character varying NOT NULL,
    written_by character varying NOT NULL,
    written_at timestamp with time zone NOT NULL,
    id character varying NOT NULL,
    customer_id character varying NOT NULL,
    created_at timestamp with time zone NOT NULL,
    status character varying NOT NULL,
    subscription_id character varying,
    member_id character varying,
    not_kept json
);
CREATE TABLE public.deletion (
    id bigint NOT NULL,
    user_hash character varying NOT NULL,
    user_id character varying,
    external_id character varying,
    external_hash character varying,
    override_external_id character varying,
    event_at timestamp with time zone NOT NULL,
    received_at timestamp with time zone NOT NULL,
    state character varying(16) NOT NULL,
    resume character varying(16),
    reason character varying,
    approved boolean NOT NULL,
    customer_id character varying,
    customer_created_at timestamp with time zone,
    pinned_at timestamp with time zone,
    listed_at timestamp with time zone,
    delete_sent_at timestamp with time zone,
    deleted_at timestamp with time zone,
    ended_at timestamp with time zone,
    forgotten_at timestamp with time zone,
    attempts integer NOT NULL,
    next_attempt_at timestamp with time zone,
    signals integer NOT NULL,
    lease_token character varying,
    lease_until timestamp with time zone,
    by_external_id boolean DEFAULT false NOT NULL,
    sent_by_external_id_at timestamp with time zone,
    on_its_way_until timestamp with time zone,
    memberships_left integer DEFAULT 0 NOT NULL,
    others integer,
    override_at timestamp with time zone,
    nobody_at timestamp with time zone,
    active_since timestamp with time zone
);
CREATE SEQUENCE public.deletion_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;
ALTER SEQUENCE public.deletion_id_seq OWNED BY public.deletion.id;
CREATE TABLE public.evidence (
    id bigint NOT NULL,
    deletion_id bigint NOT NULL,
    seq integer NOT NULL,
    at timestamp with time zone NOT NULL,
    kind character varying NOT NULL,
    source character varying NOT NULL,
    state character varying(16) NOT NULL,
    detail json NOT NULL,
    hash character varying NOT NULL
);
CREATE SEQUENCE public.evidence_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;
ALTER SEQUENCE public.evidence_id_seq OWNED BY public.evidence.id;
CREATE TABLE public.inbox (
    id bigint NOT NULL,
    source character varying(16) NOT NULL,
    webhook_id character varying(255) NOT NULL,
    received_at timestamp with time zone NOT NULL,
    body bytea,
    digest character varying NOT NULL,
    status character varying(16) NOT NULL,
    event_type character varying,
    event_at timestamp with time zone,
    customer_id character varying,
    user_hash character varying,
    applied_at timestamp with time zone,
    error character varying,
    member_id character varying
);
CREATE SEQUENCE public.inbox_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;
ALTER SEQUENCE public.inbox_id_seq OWNED BY public.inbox.id;
CREATE TABLE public.mapping (
    user_id character varying(255) NOT NULL,
    external_id character varying,
    customer_id character varying,
    updated_at timestamp with time zone NOT NULL
);
CREATE TABLE public.member (
    version_at timestamp with time zone NOT NULL,
    observed_at timestamp with time zone NOT NULL,
    digest character varying NOT NULL,
    written_by character varying NOT NULL,
    written_at timestamp with time zone NOT NULL,
    id character varying NOT NULL,
    customer_id character varying NOT NULL,
    created_at timestamp with time zone NOT NULL,
    role character varying NOT NULL,
    external_id character varying,
    deleted_at timestamp with time zone,
    forgotten_at timestamp with time zone,
    not_kept json
);
CREATE TABLE public.membership (
    deletion_id bigint NOT NULL,
    member_id character varying NOT NULL,
    customer_id character varying NOT NULL,
    found_at timestamp with time zone NOT NULL,
    ended_at timestamp with time zone,
    kept boolean NOT NULL,
    problem character varying,
    seats json NOT NULL
);
CREATE TABLE public.meta (
    name character varying NOT NULL,
    value character varying NOT NULL
);
CREATE TABLE public.outbox (
    id bigint NOT NULL,
    recipient character varying(16) NOT NULL,
    webhook_id character varying NOT NULL,
    type character varying NOT NULL,
    deletion_id bigint,
    made_at timestamp with time zone NOT NULL,
    data json NOT NULL,
    user_id character varying,
    status character varying(16) NOT NULL,
    attempts integer NOT NULL,
    next_attempt_at timestamp with time zone,
    ended_at timestamp with time zone,
    error character varying
);
CREATE SEQUENCE public.outbox_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;
ALTER SEQUENCE public.outbox_id_seq OWNED BY public.outbox.id;
CREATE TABLE public.profile (
    id bigint NOT NULL,
    user_hash character varying NOT NULL,
    user_id character varying(255),
    external_id character varying,
    external_id_at timestamp with time zone,
    email character varying,
    email_at timestamp with time zone,
    name character varying,
    name_at timestamp with time zone,
    created_at timestamp with time zone,
    wants_customer boolean NOT NULL,
    changed_at timestamp with time zone NOT NULL,
    status character varying(16) NOT NULL,
    reason character varying,
    customer_id character varying,
    ended_at timestamp with time zone,
    attempts integer NOT NULL,
    next_attempt_at timestamp with time zone,
    on_its_way_until timestamp with time zone,
    lease_token character varying,
    lease_until timestamp with time zone
);
CREATE SEQUENCE public.profile_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;
ALTER SEQUENCE public.profile_id_seq OWNED BY public.profile.id;
CREATE TABLE public.reconciliation (
    id integer NOT NULL,
    lease_token character varying,
    lease_until timestamp with time zone,
    progress json,
    finished_at timestamp with time zone
);
CREATE SEQUENCE public.reconciliation_id_seq
    AS integer
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;
ALTER SEQUENCE public.reconciliation_id_seq OWNED BY public.reconciliation.id;
CREATE TABLE public.refused_event (
    id bigint NOT NULL,
    first_id bigint NOT NULL,
    event_type character varying NOT NULL,
    user_hash character varying NOT NULL,
    first_at timestamp with time zone,
    event_at timestamp with time zone NOT NULL,
    received_at timestamp with time zone NOT NULL,
    times integer NOT NULL
);
CREATE SEQUENCE public.refused_event_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;
ALTER SEQUENCE public.refused_event_id_seq OWNED BY public.refused_event.id;
CREATE TABLE public.subscription (
    version_at timestamp with time zone NOT NULL,
    observed_at timestamp with time zone NOT NULL,
    digest character varying NOT NULL,
    written_by character varying NOT NULL,
    written_at timestamp with time zone NOT NULL,
    id character varying NOT NULL,
    customer_id character varying NOT NULL,
    created_at timestamp with time zone NOT NULL,
    status character varying NOT NULL,
    product_id character varying NOT NULL,
    amount bigint NOT NULL,
    currency character varying NOT NULL,
    recurring_interval character varying NOT NULL,
    current_period_end timestamp with time zone,
    cancel_at_period_end boolean NOT NULL,
    canceled_at timestamp with time zone,
    ends_at timestamp with time zone,
    ended_at timestamp with time zone,
    started_at timestamp with time zone,
    seats bigint,
    not_kept json
);
ALTER TABLE ONLY public.budget ALTER COLUMN id SET DEFAULT nextval('public.budget_id_seq'::regclass);
ALTER TABLE ONLY public.deletion ALTER COLUMN id SET DEFAULT nextval('public.deletion_id_seq'::regclass);
ALTER TABLE ONLY public.evidence ALTER COLUMN id SET DEFAULT nextval('public.evidence_id_seq'::regclass);
ALTER TABLE ONLY public.inbox ALTER COLUMN id SET DEFAULT nextval('public.inbox_id_seq'::regclass);
ALTER TABLE ONLY public.outbox ALTER COLUMN id SET DEFAULT nextval('public.outbox_id_seq'::regclass);
ALTER TABLE ONLY public.profile ALTER COLUMN id SET DEFAULT nextval('public.profile_id_seq'::regclass);
ALTER TABLE ONLY public.reconciliation ALTER COLUMN id SET DEFAULT nextval('public.reconciliation_id_seq'::regclass);
ALTER TABLE ONLY public.refused_event ALTER COLUMN id SET DEFAULT nextval('public.refused_event_id_seq'::regclass);
INSERT INTO public.alembic_version VALUES ('0013');
INSERT INTO public.benefit_grant VALUES ('2026-11-28 01:12:51.010713+00', '2026-11-28 01:12:51.010798+00', 'b34c1044c5e8e73295785e8092330aaad5682f9706f5d6053419414725744ddf', 'benefit_grant.revoked', '2026-11-28 01:12:51.202318+00', 'f20307e3-228e-460a-97cb-016e8e7803f1', 'd6f87d4b-838a-495a-b37b-d7de821e3e23', '0e74abad-a228-48ef-9323-59667daf763e', '2026-10-29 01:12:43.19564+00', false, '2026-10-29 01:12:43.19564+00', '2026-11-28 01:12:51.010713+00', NULL);
INSERT INTO public.budget VALUES (1, '2026-11-28 01:13:05.876849+00', '1970-01-01 00:00:00+00');
INSERT INTO public.counter VALUES ('polar_sync_polar_request_duration_seconds', '["GET","/v1/customers/","0.1"]', 1);
INSERT INTO public.counter VALUES ('polar_sync_polar_request_duration_seconds', '["GET","/v1/customers/","sum"]', 0.06467105601041112);
INSERT INTO public.counter VALUES ('polar_sync_polar_request_duration_seconds', '["GET","/v1/members/","0.05"]', 1);
INSERT INTO public.counter VALUES ('polar_sync_polar_request_duration_seconds', '["GET","/v1/webhooks/deliveries","0.05"]', 1);
INSERT INTO public.counter VALUES ('polar_sync_polar_request_duration_seconds', '["GET","/v1/webhooks/deliveries","sum"]', 0.0131258970068302);
INSERT INTO public.counter VALUES ('polar_sync_polar_request_duration_seconds', '["GET","/v1/webhooks/endpoints","0.05"]', 1);
INSERT INTO public.counter VALUES ('polar_sync_polar_request_duration_seconds', '["GET","/v1/webhooks/endpoints","sum"]', 0.003588589999708347);
INSERT INTO public.counter VALUES ('polar_sync_polar_requests_total', '["GET","/v1/customers/","200"]', 1);
INSERT INTO public.counter VALUES ('polar_sync_polar_requests_total', '["GET","/v1/webhooks/deliveries","200"]', 1);
INSERT INTO public.counter VALUES ('polar_sync_polar_requests_total', '["GET","/v1/webhooks/endpoints","200"]', 1);
INSERT INTO public.counter VALUES ('polar_sync_last_reconciliation_timestamp_seconds', '["complete"]', 1795828364.837789);
INSERT INTO public.counter VALUES ('polar_sync_events_applied_total', '["polar","benefit_grant.revoked","applied"]', 1);
INSERT INTO public.counter VALUES ('polar_sync_events_applied_total', '["polar","customer.deleted","applied"]', 2);
INSERT INTO public.counter VALUES ('polar_sync_events_applied_total', '["polar","customer.state_changed","applied"]', 3);
INSERT INTO public.counter VALUES ('polar_sync_events_applied_total', '["polar","member.deleted","applied"]', 3);
INSERT INTO public.counter VALUES ('polar_sync_events_applied_total', '["polar","other","dead"]', 1);
INSERT INTO public.counter VALUES ('polar_sync_events_applied_total', '["polar","subscription.canceled","applied"]', 1);
INSERT INTO public.counter VALUES ('polar_sync_events_applied_total', '["polar","subscription.revoked","applied"]', 1);
INSERT INTO public.counter VALUES ('polar_sync_events_applied_total', '["polar","subscription.updated","applied"]', 1);
INSERT INTO public.counter VALUES ('polar_sync_events_received_total', '["app","","refused"]', 1);
INSERT INTO public.counter VALUES ('polar_sync_polar_request_duration_seconds', '["DELETE","/v1/customers/external/{id}","0.05"]', 2);
INSERT INTO public.counter VALUES ('polar_sync_polar_request_duration_seconds', '["DELETE","/v1/customers/external/{id}","sum"]', 0.06515338100143708);
INSERT INTO public.counter VALUES ('polar_sync_polar_request_duration_seconds', '["DELETE","/v1/customers/{id}/members/{id}","0.05"]', 1);
INSERT INTO public.counter VALUES ('polar_sync_polar_request_duration_seconds', '["DELETE","/v1/customers/{id}/members/{id}","sum"]', 0.01370658801170066);
INSERT INTO public.counter VALUES ('polar_sync_polar_requests_total', '["GET","/v1/benefit-grants/","200"]', 6);
INSERT INTO public.counter VALUES ('polar_sync_polar_requests_total', '["GET","/v1/subscriptions/","200"]', 11);
INSERT INTO public.counter VALUES ('polar_sync_polar_request_duration_seconds', '["GET","/v1/customers/external/{id}/state","0.1"]', 1);
INSERT INTO public.counter VALUES ('polar_sync_polar_request_duration_seconds', '["GET","/v1/customers/{id}/members/{id}","0.05"]', 1);
INSERT INTO public.counter VALUES ('polar_sync_polar_request_duration_seconds', '["GET","/v1/customers/{id}/members/{id}","sum"]', 0.0052095529972575605);
INSERT INTO public.counter VALUES ('polar_sync_polar_request_duration_seconds', '["GET","/v1/members/","0.1"]', 1);
INSERT INTO public.counter VALUES ('polar_sync_polar_request_duration_seconds', '["GET","/v1/members/","sum"]', 0.0776842659979593);
INSERT INTO public.counter VALUES ('polar_sync_events_received_total', '["app","user.deleted","accepted"]', 13);
INSERT INTO public.counter VALUES ('polar_sync_events_received_total', '["polar","","accepted"]', 16);
INSERT INTO public.counter VALUES ('polar_sync_polar_requests_total', '["DELETE","/v1/customers/external/{id}","204"]', 2);
INSERT INTO public.counter VALUES ('polar_sync_polar_requests_total', '["DELETE","/v1/customers/{id}/members/{id}","204"]', 1);
INSERT INTO public.counter VALUES ('polar_sync_last_webhook_timestamp_seconds', '[]', 1795828390.011302);
INSERT INTO public.counter VALUES ('polar_sync_polar_requests_total', '["GET","/v1/customers/external/{id}/state","404"]', 3);
INSERT INTO public.counter VALUES ('polar_sync_polar_requests_total', '["GET","/v1/customers/{id}/members/{id}","200"]', 1);
INSERT INTO public.counter VALUES ('polar_sync_polar_requests_total', '["GET","/v1/members/","200"]', 2);
INSERT INTO public.counter VALUES ('polar_sync_deletion_verified_duration_seconds', '["5"]', 2);
INSERT INTO public.counter VALUES ('polar_sync_deletion_verified_duration_seconds', '["sum"]', 2.747101);
INSERT INTO public.counter VALUES ('polar_sync_events_applied_total', '["app","user.deleted","applied"]', 10);
INSERT INTO public.counter VALUES ('polar_sync_polar_request_duration_seconds', '["GET","/v1/customers/external/{id}/state","0.05"]', 9);
INSERT INTO public.counter VALUES ('polar_sync_polar_request_duration_seconds', '["GET","/v1/customers/external/{id}/state","sum"]', 0.18322775200067554);
INSERT INTO public.counter VALUES ('polar_sync_polar_requests_total', '["GET","/v1/customers/external/{id}/state","200"]', 7);
INSERT INTO public.counter VALUES ('polar_sync_polar_request_duration_seconds', '["GET","/v1/benefit-grants/","0.05"]', 6);
INSERT INTO public.counter VALUES ('polar_sync_polar_request_duration_seconds', '["GET","/v1/benefit-grants/","sum"]', 0.04596640799718443);
INSERT INTO public.counter VALUES ('polar_sync_polar_request_duration_seconds', '["GET","/v1/subscriptions/","0.05"]', 11);
INSERT INTO public.counter VALUES ('polar_sync_polar_request_duration_seconds', '["GET","/v1/subscriptions/","sum"]', 0.18380577801144682);
INSERT INTO public.customer VALUES ('2026-10-29 01:12:43.190147+00', '2026-11-28 01:12:44.424161+00', '', 'api', '2026-11-28 01:12:44.610663+00', '1f6b328b-8620-446c-94bd-decad2132f2c', '2026-10-29 01:12:43.190147+00', NULL, 'living-1', 'living-1@people.example', 'Somebody living-1', 'Somebody living-1', '{"line1": "1 living-1 street", "line2": null, "postal_code": null, "city": null, "state": null, "country": "FR"}', NULL, '{}', NULL, NULL, NULL, NULL);
INSERT INTO public.customer VALUES ('2026-10-29 01:12:43.177229+00', '2026-11-28 01:12:44.424161+00', '', 'api', '2026-11-28 01:12:44.610663+00', 'a4c84db9-4449-47e2-96ee-6cca60ef573f', '2026-10-29 01:12:43.177229+00', NULL, 'pending-1', 'pending-1@people.example', 'Somebody pending-1', 'Somebody pending-1', '{"line1": "1 pending-1 street", "line2": null, "postal_code": null, "city": null, "state": null, "country": "FR"}', NULL, '{}', NULL, NULL, NULL, NULL);
INSERT INTO public.customer VALUES ('2026-10-29 01:12:43.17347+00', '2026-11-28 01:12:44.424161+00', '', 'api', '2026-11-28 01:12:44.610663+00', '24a18efb-fac3-4ab9-963a-440549392f8c', '2026-10-29 01:12:43.17347+00', NULL, 'mapped-1', 'mapped-1@people.example', 'Somebody mapped-1', 'Somebody mapped-1', '{"line1": "1 mapped-1 street", "line2": null, "postal_code": null, "city": null, "state": null, "country": "FR"}', NULL, '{}', NULL, NULL, NULL, NULL);
INSERT INTO public.customer VALUES ('2026-10-29 01:12:43.171924+00', '2026-11-28 01:12:44.424161+00', '', 'api', '2026-11-28 01:12:44.610663+00', '4418f6e3-b898-453c-a383-d073f271d592', '2026-10-29 01:12:43.171924+00', NULL, 'blocked-1', 'blocked-1@people.example', 'Somebody blocked-1', 'Somebody blocked-1', '{"line1": "1 blocked-1 street", "line2": null, "postal_code": null, "city": null, "state": null, "country": "FR"}', NULL, '{}', NULL, NULL, NULL, NULL);
INSERT INTO public.customer VALUES ('2026-11-28 01:11:43.207372+00', '2026-11-28 01:12:51.055838+00', '', 'api', '2026-11-28 01:12:51.405618+00', 'b890899f-9532-4143-9272-95fa98bdb871', '2026-11-28 01:11:43.207372+00', NULL, 'again-1', 'again-1@people.example', 'Somebody again-1', 'Somebody again-1', '{"line1": "1 again-1 street", "line2": null, "postal_code": null, "city": null, "state": null, "country": "FR"}', NULL, '{}', NULL, NULL, NULL, NULL);
INSERT INTO public.customer VALUES ('2026-10-29 01:12:43.211589+00', '2026-11-28 01:12:51.057688+00', '', 'api', '2026-11-28 01:12:51.405618+00', '76e2dcd2-332c-45f3-a650-59b9bc8296ba', '2026-10-29 01:12:43.211589+00', NULL, 'team-1', 'team-1@people.example', 'Somebody team-1', 'Somebody team-1', '{"line1": "1 team-1 street", "line2": null, "postal_code": null, "city": null, "state": null, "country": "FR"}', NULL, '{}', NULL, NULL, NULL, NULL);
INSERT INTO public.customer VALUES ('2026-11-28 01:12:51.061285+00', '2026-11-28 01:12:51.061486+00', '54d371568504f0c97a520e984f91b1556e0671a404d99cef78a1ecebbab3359e', 'customer.state_changed', '2026-11-28 01:12:51.514151+00', 'f9648a10-276b-4a31-b648-d5d621c10746', '2026-10-29 01:12:43.197233+00', '2026-11-28 01:12:51.061285+00', 'paused-1', NULL, NULL, NULL, NULL, NULL, NULL, '2026-11-28 01:12:51.061486+00', 0, NULL, NULL);
INSERT INTO public.customer VALUES ('2026-11-28 01:12:50.949032+00', '2026-11-28 01:12:51.037966+00', '43a0dae6e9d6cafaf47187a50c4d65914d4f0aaa4f8fcd271fc44bd5fe3a80c0', 'customer.state_changed', '2026-11-28 01:12:51.514151+00', 'd6f87d4b-838a-495a-b37b-d7de821e3e23', '2026-10-29 01:12:43.19564+00', '2026-11-28 01:12:50.949032+00', NULL, NULL, NULL, NULL, NULL, NULL, NULL, '2026-11-28 01:12:51.037966+00', 0, '2026-11-28 01:12:51.514151+00', NULL);
INSERT INTO public.customer VALUES ('2026-10-29 01:12:43.19853+00', '2026-11-28 01:12:57.962025+00', '', 'api', '2026-11-28 01:12:58.110713+00', '707e5519-68fb-4b02-9e67-604178db2f19', '2026-10-29 01:12:43.19853+00', NULL, 'held-1', 'held-1@people.example', 'Somebody held-1', 'Somebody held-1', '{"line1": "1 held-1 street", "line2": null, "postal_code": null, "city": null, "state": null, "country": "FR"}', NULL, '{}', NULL, NULL, NULL, NULL);
INSERT INTO public.customer VALUES ('2026-10-29 01:12:43.203726+00', '2026-11-28 01:12:58.170101+00', '', 'api', '2026-11-28 01:12:58.316475+00', '3552a888-ddeb-4f1f-b049-b75b333a4a49', '2026-10-29 01:12:43.203726+00', NULL, 'held-3', 'held-3@people.example', 'Somebody held-3', 'Somebody held-3', '{"line1": "1 held-3 street", "line2": null, "postal_code": null, "city": null, "state": null, "country": "FR"}', NULL, '{}', NULL, NULL, NULL, NULL);
INSERT INTO public.customer VALUES ('2026-10-29 01:12:43.199801+00', '2026-11-28 01:12:58.169339+00', '', 'api', '2026-11-28 01:12:58.316475+00', '1b4d5b3f-9056-4b98-9b38-f8ee8905f966', '2026-10-29 01:12:43.199801+00', NULL, 'held-2', 'held-2@people.example', 'Somebody held-2', 'Somebody held-2', '{"line1": "1 held-2 street", "line2": null, "postal_code": null, "city": null, "state": null, "country": "FR"}', NULL, '{}', NULL, NULL, NULL, NULL);
INSERT INTO public.customer VALUES ('2026-10-29 01:12:43.162053+00', '2026-11-28 01:13:04.853181+00', '', 'api', '2026-11-28 01:13:04.989332+00', 'ebcc85e1-1599-4ae0-8d53-54eb06b70815', '2026-10-29 01:12:43.162053+00', NULL, 'deleting-1', 'deleting-1@people.example', 'Somebody deleting-1', 'Somebody deleting-1', '{"line1": "1 deleting-1 street", "line2": null, "postal_code": null, "city": null, "state": null, "country": "FR"}', NULL, '{}', NULL, NULL, NULL, NULL);
INSERT INTO public.deletion VALUES (7, 'c6e7d5004885ad7cefa8b69966ee09ee7775d684a3523f5a3a5e66b94b090cd2', 'nobody-1', 'nobody-1', 'df9b3c76338e4f699d678dfbaf29afece87ee25409fb56591a9b48fd46854560', NULL, '2026-11-28 01:12:50.95566+00', '2026-11-28 01:12:51.202318+00', 'no_customer', NULL, 'Polar has no customer under this user''s external id, and the mirror no customer and no member (members were last listed at 2026-11-28T01:12:44+00:00)', false, NULL, NULL, NULL, NULL, NULL, NULL, '2026-11-28 01:12:51.864689+00', NULL, 0, '2026-12-05 01:12:51.864689+00', 0, NULL, NULL, false, NULL, NULL, 0, NULL, NULL, '2026-11-28 01:12:51.385204+00', NULL);
INSERT INTO public.deletion VALUES (6, '12f0798884d2cf0740b61e8541e3030ae599e6499bcd9169626c23a30b3429d1', NULL, NULL, '987fd74c1af61158c99e81454c57765ea0a8958bb0e2fe5b8dfc911a04648718', NULL, '2026-11-28 01:12:50.650541+00', '2026-11-28 01:12:51.202318+00', 'verified', NULL, NULL, false, NULL, NULL, NULL, NULL, '2026-11-28 01:12:52.006025+00', '2026-11-28 01:12:52.006025+00', '2026-11-28 01:12:52.46235+00', '2026-11-28 01:12:52.46235+00', 0, NULL, 0, NULL, NULL, false, NULL, NULL, 0, NULL, NULL, NULL, NULL);
INSERT INTO public.deletion VALUES (3, 'c6e7d5004885ad7cefa8b69966ee09ee7775d684a3523f5a3a5e66b94b090cd2', 'nobody-1', 'nobody-1', 'df9b3c76338e4f699d678dfbaf29afece87ee25409fb56591a9b48fd46854560', NULL, '2026-11-28 01:12:50.136796+00', '2026-11-28 01:12:50.373861+00', 'no_customer', NULL, 'Polar has no customer under this user''s external id, and the mirror no customer and no member (members were last listed at 2026-11-28T01:12:44+00:00)', false, NULL, NULL, NULL, NULL, NULL, NULL, '2026-11-28 01:12:51.096277+00', NULL, 0, '2026-12-05 01:12:51.096277+00', 0, NULL, NULL, false, NULL, NULL, 0, NULL, NULL, '2026-11-28 01:12:50.66876+00', NULL);
INSERT INTO public.deletion VALUES (10, 'da4510a40f027a6c8619ec6ffadb1ed6a2bb2ee0ce7f8a5092ea2ac055840017', 'held-3', 'held-3', '8dc76f1d4145695b4baffb6e49b3cd2766b09ea2b9facd77d64ab907d3093c52', NULL, '2026-11-28 01:12:57.744842+00', '2026-11-28 01:12:57.995758+00', 'canceled', NULL, NULL, false, '3552a888-ddeb-4f1f-b049-b75b333a4a49', '2026-10-29 01:12:43.203726+00', '2026-11-28 01:12:58.14297+00', '2026-11-28 01:12:58.20751+00', NULL, NULL, '2026-11-28 01:13:00.023264+00', NULL, 0, NULL, 0, NULL, NULL, true, NULL, NULL, 0, NULL, NULL, NULL, NULL);
INSERT INTO public.deletion VALUES (12, '6ddb594a389a16a027d5c94384a63bb5d2427704e45e118943528022da95c1f0', 'blocked-1', NULL, NULL, NULL, '2026-11-28 01:13:05.118142+00', '2026-11-28 01:13:05.303825+00', 'received', NULL, NULL, false, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, 0, '2026-11-28 01:13:05.303825+00', 0, '3f32ec90638c4448b5d14bf8dc87f3d0', '2026-11-28 01:13:35.397045+00', false, NULL, NULL, 0, NULL, NULL, NULL, NULL);
INSERT INTO public.deletion VALUES (4, '3c63d413e9ce39c20eab9644176fc60d6bbcc3dc5ca43cb5e50ff5a6d40391d0', 'again-1', 'again-1', '5f5a14cb6647c2e691245fd1e4a48e1b0b1ae5c0e35ceac8075f87a3a0e9a659', NULL, '2026-11-28 00:12:50.32276+00', '2026-11-28 01:12:50.706662+00', 'superseded', NULL, 'customer b890899f-9532-4143-9272-95fa98bdb871 was created after the event, so it is somebody who signed up again; if it must go as well, send a new user.deleted', false, NULL, NULL, NULL, NULL, NULL, NULL, '2026-11-28 01:12:51.405618+00', NULL, 0, NULL, 0, NULL, NULL, false, NULL, NULL, 0, NULL, NULL, NULL, NULL);
INSERT INTO public.deletion VALUES (5, '7fdb1ef38ee168933108fc3b2ac2487a9b08c7699cdb814fbd45ff9abeb47835', 'team-1', 'team-1', '50738aeac6d8e3e02f60f32db18b9115ee665dbd883af1fb10a5c0ad4b7bd63d', NULL, '2026-11-28 01:12:50.490533+00', '2026-11-28 01:12:50.706662+00', 'held', 'resolved', 'customer 76e2dcd2-332c-45f3-a650-59b9bc8296ba is a team with 1 other person; they would lose subscription 398786fb-ed88-4d12-a4f5-5c1e459f69af: `polar-sync approve`, `cancel`, or `transfer`', false, '76e2dcd2-332c-45f3-a650-59b9bc8296ba', '2026-10-29 01:12:43.211589+00', '2026-11-28 01:12:51.025836+00', '2026-11-28 01:12:51.221163+00', NULL, NULL, NULL, NULL, 0, NULL, 0, NULL, NULL, true, NULL, NULL, 0, 1, NULL, NULL, NULL);
INSERT INTO public.deletion VALUES (1, 'ce795dfec1ecb5091bd088a973cd26d7f501387046394d490fbbf7defbe148a3', NULL, NULL, '4903347d4e46f955661db33f2d4936d4c6647b6bbd7881ff2c58a30a77a5cbe5', NULL, '2026-11-28 01:12:49.924964+00', '2026-11-28 01:12:50.027082+00', 'verified', NULL, NULL, false, 'd6f87d4b-838a-495a-b37b-d7de821e3e23', '2026-10-29 01:12:43.19564+00', '2026-11-28 01:12:50.146845+00', '2026-11-28 01:12:50.320577+00', '2026-11-28 01:12:50.834755+00', '2026-11-28 01:12:51.202318+00', '2026-11-28 01:12:51.514151+00', '2026-11-28 01:12:51.514151+00', 0, NULL, 0, NULL, NULL, true, '2026-11-28 01:12:50.834755+00', NULL, 0, NULL, NULL, NULL, NULL);
INSERT INTO public.deletion VALUES (9, '4a680ecfbc48227979271b4ce107867bc932546c5621caccd37f7de69ce7ca44', 'held-2', 'held-2', '802ad5b4b6164dcb4539937f20ba387a3def0aed7c31c138d277074a9c7315b3', NULL, '2026-11-28 01:12:57.551415+00', '2026-11-28 01:12:57.995758+00', 'held', 'resolved', 'the brake tripped: 1 deletions within an hour, 1 allowed (MAX_DELETIONS_PER_HOUR); `polar-sync approve` or `polar-sync cancel`', false, '1b4d5b3f-9056-4b98-9b38-f8ee8905f966', '2026-10-29 01:12:43.199801+00', '2026-11-28 01:12:58.14297+00', '2026-11-28 01:12:58.20751+00', NULL, NULL, NULL, NULL, 0, NULL, 0, NULL, NULL, true, NULL, NULL, 0, NULL, NULL, NULL, NULL);
INSERT INTO public.deletion VALUES (8, 'f7c37c52aa8949525d55ccf3563ae23d2852f30cc0f522f1e36ce3cbdb090d52', 'held-1', 'held-1', '3f9651e99ccac428f66f1df17c5c876a26975d9e33129bb242dba1e2e478ec83', NULL, '2026-11-28 01:12:57.487522+00', '2026-11-28 01:12:57.638011+00', 'held', 'resolved', 'the brake tripped: 1 deletions within an hour, 1 allowed (MAX_DELETIONS_PER_HOUR); `polar-sync approve` or `polar-sync cancel`', false, '707e5519-68fb-4b02-9e67-604178db2f19', '2026-10-29 01:12:43.19853+00', '2026-11-28 01:12:57.950959+00', '2026-11-28 01:12:57.995213+00', NULL, NULL, NULL, NULL, 0, NULL, 0, NULL, NULL, true, NULL, NULL, 0, NULL, NULL, NULL, NULL);
INSERT INTO public.deletion VALUES (2, 'c27b9a9913a10cd665c9035960c0c8ce41022aa44a7b7562f5e167d558bd6592', 'paused-1', 'paused-1', '929b43e8f3ea8f8ea640040ec7f6e0ea100fe60f5397c8824a42f25d7e3f2fad', NULL, '2026-11-28 01:12:50.008018+00', '2026-11-28 01:12:50.152725+00', 'blocked', 'incomplete', 'GET was answered 401: the token is not accepted: set POLAR_ACCESS_TOKEN to a valid one; if it is valid, the organization''s API access is switched off, which Polar''s support can tell', false, 'f9648a10-276b-4a31-b648-d5d621c10746', '2026-10-29 01:12:43.197233+00', '2026-11-28 01:12:50.327201+00', '2026-11-28 01:13:04.381661+00', '2026-11-28 01:12:50.984836+00', '2026-11-28 01:12:51.377491+00', NULL, NULL, 1, '2026-11-28 01:13:07.509225+00', 1, NULL, NULL, true, '2026-11-28 01:12:50.984836+00', NULL, 0, NULL, NULL, NULL, NULL);
INSERT INTO public.deletion VALUES (11, '350b9c1870e1a2821c6a38ee91ae6f9eeaac41d0cf76e1a79f082f7d1233cedb', 'deleting-1', 'deleting-1', '63b9df2a704c994078cc4a1590c3d6a51a9555bfdd81d392dd66221643747af2', NULL, '2026-11-28 01:13:04.432566+00', '2026-11-28 01:13:04.712273+00', 'deleting', NULL, NULL, false, 'ebcc85e1-1599-4ae0-8d53-54eb06b70815', '2026-10-29 01:12:43.162053+00', '2026-11-28 01:13:04.842282+00', '2026-11-28 01:13:04.892826+00', '2026-11-28 01:13:05.106213+00', NULL, NULL, NULL, 0, '2026-11-28 01:15:15.106213+00', 0, '1efa37beb9b842a79a7379045d60ceb0', '2026-11-28 01:13:35.09081+00', true, '2026-11-28 01:13:05.106213+00', '2026-11-28 01:15:15.106213+00', 0, NULL, NULL, NULL, NULL);
INSERT INTO public.evidence VALUES (1, 1, 1, '2026-11-28 01:12:50.027082+00', 'event.received', 'app', 'received', '{"event_digest": "3de30308496e84eb67a3b235706ddb9578c7ad115c77c486cf6f8298c4052934", "event_at": "2026-11-28T01:12:49.924964+00:00"}', 'b6f52864853626828f967d2b85bc7e090f5ffd152bbe4fc59e435b1ee31d7007');
INSERT INTO public.evidence VALUES (2, 2, 1, '2026-11-28 01:12:50.152725+00', 'event.received', 'app', 'received', '{"event_digest": "68f4b652997ee0253fbc3886c5730e2febdc3fcb88f53a9de450f6aa60356730", "event_at": "2026-11-28T01:12:50.008018+00:00"}', '1477c955c2864079610735a2c38b6e9cf88d4738f96c2792f23c1b2e02eb6fa3');
INSERT INTO public.evidence VALUES (3, 3, 1, '2026-11-28 01:12:50.373861+00', 'event.received', 'app', 'received', '{"event_digest": "7dbcdfbbd3aa86e189c9ef3eb9cd11813cc10032950c9f984f076c38b94dfbb1", "event_at": "2026-11-28T01:12:50.136796+00:00"}', '2f8f0f104a44e12978bb4c73d3c72569631e13fd088fa7a3c81fb577894338e9');
INSERT INTO public.evidence VALUES (4, 1, 2, '2026-11-28 01:12:50.414086+00', 'customer.found', 'api', 'resolved', '{"identified_by": "identity", "customer_id": "d6f87d4b-838a-495a-b37b-d7de821e3e23", "customer_created_at": "2026-10-29T01:12:43.195640+00:00", "subscriptions": [{"id": "63c11bf5-64fa-4877-9d64-83094f1652bc", "status": "active"}], "benefit_grants": ["f20307e3-228e-460a-97cb-016e8e7803f1"], "was": "received"}', 'e65f9c1a1d998e06edb36b5c00ff005d7204883be44d6d7ef55677b03cbb1eac');
INSERT INTO public.evidence VALUES (5, 2, 2, '2026-11-28 01:12:50.54716+00', 'customer.found', 'api', 'resolved', '{"identified_by": "identity", "customer_id": "f9648a10-276b-4a31-b648-d5d621c10746", "customer_created_at": "2026-10-29T01:12:43.197233+00:00", "subscriptions": [{"id": "2b68b073-6f91-4c17-b935-7703987934f7", "status": "paused"}], "benefit_grants": [], "was": "received"}', '4c1dafdecc38175714f72068cbf1604b61f592863c87b2d2d3d1b801284e7aa8');
INSERT INTO public.evidence VALUES (6, 4, 1, '2026-11-28 01:12:50.706662+00', 'event.received', 'app', 'received', '{"event_digest": "fdc39aba91b19ffaf492447664c7a1a66b86049586a0582a9d51ff9c77eed19e", "event_at": "2026-11-28T00:12:50.322760+00:00"}', '6e437d54b56ca55b2fa709f56e19ab87b335eb8db6821f6a5d7efa7d6726955f');
INSERT INTO public.evidence VALUES (7, 5, 1, '2026-11-28 01:12:50.706662+00', 'event.received', 'app', 'received', '{"event_digest": "35a51e71aa56a5a0269b8d471bf83532efa3e2f1f6ddd56c2bb62f32cfb0806c", "event_at": "2026-11-28T01:12:50.490533+00:00"}', '59d4fc5646779177f155cdfc4d7b2522c3984bc6b6de78c800eb6a50e4be2ea7');
INSERT INTO public.evidence VALUES (8, 1, 3, '2026-11-28 01:12:50.834755+00', 'delete.sent', 'worker', 'deleting', '{"customer_id": "d6f87d4b-838a-495a-b37b-d7de821e3e23", "by": "external_id", "anonymize": true, "was": "resolved"}', '68c2a403113169761ca5749c2cfce44f1388efe5eca4babbb3e7016499996085');
INSERT INTO public.evidence VALUES (9, 2, 3, '2026-11-28 01:12:50.984836+00', 'delete.sent', 'worker', 'deleting', '{"customer_id": "f9648a10-276b-4a31-b648-d5d621c10746", "by": "external_id", "anonymize": true, "was": "resolved"}', '4deb2b0d2579be6311944ce79e26c8986dd29bfae8b2212ef96b90a30d869819');
INSERT INTO public.evidence VALUES (10, 3, 2, '2026-11-28 01:12:51.096277+00', 'customer.missing', 'api', 'no_customer', '{"identified_by": "identity", "external_hash": "df9b3c76338e4f699d678dfbaf29afece87ee25409fb56591a9b48fd46854560", "reason": "Polar has no customer under this user''s external id, and the mirror no customer and no member (members were last listed at 2026-11-28T01:12:44+00:00)", "was": "received"}', '2835accf9fdaab47c35bb031789d1a4461950e03e22e93d670478a3dc38e6002');
INSERT INTO public.evidence VALUES (11, 6, 1, '2026-11-28 01:12:51.202318+00', 'event.received', 'app', 'received', '{"event_digest": "301d09cfecf78801201d41629766a545f712f0bbbaf54a5fe507f96764d114f4", "event_at": "2026-11-28T01:12:50.650541+00:00"}', '392513e7adb422c58cd0f76164bf1e6cdabda1dcd37562d9b51a28af7cab77d4');
INSERT INTO public.evidence VALUES (12, 7, 1, '2026-11-28 01:12:51.202318+00', 'event.received', 'app', 'received', '{"event_digest": "0c980812b1d51fbf2eb7472768ce2bae39022154ac682222b4c718705e9fffde", "event_at": "2026-11-28T01:12:50.955660+00:00"}', '8b09e2e5925a64050a43d6c018bcb16e2c86bb7dcd69e897f5ed51f4cfeee12d');
INSERT INTO public.evidence VALUES (13, 1, 4, '2026-11-28 01:12:51.202318+00', 'webhook.member.deleted', 'webhook', 'deleting', '{"payload_digest": "95aac4337f9b91f4ea69477179ef5ef5b171f8de82cb9442b00e4a42c4bf2f64", "id": "29e25f1f-7db0-4aa9-a401-5f4a8c39336f", "role": "owner"}', '41e306deaf37b160c64446d595c4545f163a25db758f6e230db3db66989f0f9c');
INSERT INTO public.evidence VALUES (14, 1, 5, '2026-11-28 01:12:51.202318+00', 'webhook.customer.deleted', 'webhook', 'deleting', '{"payload_digest": "1fc6a7cdcf2872ca8bb0e1047f6e1d37c57461afaf9081a2c85a2958f1c50428", "id": "d6f87d4b-838a-495a-b37b-d7de821e3e23"}', '28a4010faf1f4c1f0d262a431c53b61d3e69e5953027439b947b53f8680b596c');
INSERT INTO public.evidence VALUES (15, 1, 6, '2026-11-28 01:12:51.202318+00', 'customer.gone', 'webhook', 'deleted', '{"payload_digest": "1fc6a7cdcf2872ca8bb0e1047f6e1d37c57461afaf9081a2c85a2958f1c50428", "was": "deleting"}', '632b9fef7f09f20403ff1ace69026373f80e45497c05d71159513a4a5f8b8d6f');
INSERT INTO public.evidence VALUES (16, 1, 7, '2026-11-28 01:12:51.202318+00', 'webhook.customer.state_changed', 'webhook', 'deleted', '{"payload_digest": "6ec37989aeb6e5cda8baf05aaa35a0ad5d948fcd70df47f710cb28db16145f2a", "id": "d6f87d4b-838a-495a-b37b-d7de821e3e23"}', '0ba46105ecc3bd20e3afe84a533a3a2c38b7f30d6a8f591ced61ff83f814fd32');
INSERT INTO public.evidence VALUES (17, 1, 8, '2026-11-28 01:12:51.202318+00', 'webhook.benefit_grant.revoked', 'webhook', 'deleted', '{"payload_digest": "de6e7e27a8220b3a83d353710573f8ed3fd9583c8018d783c977439c267b3911", "id": "f20307e3-228e-460a-97cb-016e8e7803f1", "is_granted": false}', '319920188bb105b5bc1f88dade8424df0c017634a23707f603ae50061a5ba872');
INSERT INTO public.evidence VALUES (18, 1, 9, '2026-11-28 01:12:51.202318+00', 'webhook.subscription.updated', 'webhook', 'deleted', '{"payload_digest": "934e3667c5711d368e93850346df2ddef383cdf2ab38d5a4ee0dfa091d31421a", "id": "63c11bf5-64fa-4877-9d64-83094f1652bc", "status": "canceled"}', 'ceb73da0ac54c5a8d748faecf19ba9758d3a74570210971d40af1e126d7bb0a4');
INSERT INTO public.evidence VALUES (19, 1, 10, '2026-11-28 01:12:51.327318+00', 'delete.answered', 'api', 'deleted', '{"answer": "204"}', 'f39e5885000daddcf1b993142b104ecd34e8fb1161182005c68da15d06a7f37d');
INSERT INTO public.evidence VALUES (20, 2, 4, '2026-11-28 01:12:51.377491+00', 'delete.answered', 'api', 'deleted', '{"answer": "204", "was": "deleting"}', '91b4e08bbd1d3abb8358d995e69f80ac2db8bbe948ee5f4de25c5c1d62d3517e');
INSERT INTO public.evidence VALUES (21, 4, 2, '2026-11-28 01:12:51.405618+00', 'customer.found', 'api', 'superseded', '{"identified_by": "identity", "customer_id": "b890899f-9532-4143-9272-95fa98bdb871", "customer_created_at": "2026-11-28T01:11:43.207372+00:00", "subscriptions": [], "benefit_grants": [], "reason": "customer b890899f-9532-4143-9272-95fa98bdb871 was created after the event, so it is somebody who signed up again; if it must go as well, send a new user.deleted", "was": "received"}', '0eb8d9b6e42be0f20e56826dfa8e0fd2e7dcd9c93f9ac3c1b516d32203292568');
INSERT INTO public.evidence VALUES (22, 5, 2, '2026-11-28 01:12:51.405618+00', 'customer.found', 'api', 'resolved', '{"identified_by": "identity", "customer_id": "76e2dcd2-332c-45f3-a650-59b9bc8296ba", "customer_created_at": "2026-10-29T01:12:43.211589+00:00", "subscriptions": [{"id": "398786fb-ed88-4d12-a4f5-5c1e459f69af", "status": "active"}], "benefit_grants": [], "was": "received"}', '90fd41c299b970c93d020c2f6b121b0511d1bbfb0ef7d221a2353a2c6d6984a5');
INSERT INTO public.evidence VALUES (23, 5, 3, '2026-11-28 01:12:51.405618+00', 'team.found', 'api', 'held', '{"others": 1, "reason": "customer 76e2dcd2-332c-45f3-a650-59b9bc8296ba is a team with 1 other person; they would lose subscription 398786fb-ed88-4d12-a4f5-5c1e459f69af: `polar-sync approve`, `cancel`, or `transfer`", "was": "resolved"}', '9b71b5740bd1810fc51bde4ac1a8172943cc1c28748d3014355529965064c392');
INSERT INTO public.evidence VALUES (24, 1, 11, '2026-11-28 01:12:51.514151+00', 'webhook.subscription.canceled', 'webhook', 'deleted', '{"payload_digest": "24ec4c16094522e5c5b2fadc802299069c758e4c02d14e08637f6359b6edc22a", "id": "63c11bf5-64fa-4877-9d64-83094f1652bc", "status": "canceled"}', '5acf28f48f374c824c65e86883f3854fb58acf637bd455ffca5bd9f933fa95a4');
INSERT INTO public.evidence VALUES (38, 6, 5, '2026-11-28 01:12:52.345284+00', 'membership.ended', 'api', 'deleted', '{"answer": "204", "member_id": "2d8f7f1d-e4fb-495e-909b-25701fefb546", "customer_id": "76e2dcd2-332c-45f3-a650-59b9bc8296ba"}', '9ff9657e79aec69adeb3fae26ca5164a9c3f701a5aa32d38954ba6d5403ebfc9');
INSERT INTO public.evidence VALUES (25, 1, 12, '2026-11-28 01:12:51.514151+00', 'webhook.subscription.revoked', 'webhook', 'deleted', '{"payload_digest": "b4df05141d40c98f1eb39beb2856fbd9ab46cf34134f147f8d3b67578282ebfa", "id": "63c11bf5-64fa-4877-9d64-83094f1652bc", "status": "canceled"}', 'a937d450b1adf7c4f617d0f9ef5efca901a0d13f8d568c2d62050ea2102b5031');
INSERT INTO public.evidence VALUES (26, 1, 13, '2026-11-28 01:12:51.514151+00', 'webhook.customer.state_changed', 'webhook', 'deleted', '{"payload_digest": "eda1169254a9ef5627b24901603b5a5ba7c40d760fd24f29cd180ed99ded3229", "id": "d6f87d4b-838a-495a-b37b-d7de821e3e23"}', '5ce456e85aa443543093ebf81479c4a7466d01e9d8d1f7ae8697b32091f8a77f');
INSERT INTO public.evidence VALUES (27, 2, 5, '2026-11-28 01:12:51.514151+00', 'webhook.member.deleted', 'webhook', 'deleted', '{"payload_digest": "c8737cfee892cebec0a09b1303fb29770780840b873a3ebd202585af8689e5b4", "id": "ac564ba2-5b53-46a1-a277-cf31a17b8b23", "role": "owner"}', '7ca86521871462b7e600c09f3ea0a7567ebddbd5ea6806aea1fb066907b77aa5');
INSERT INTO public.evidence VALUES (28, 2, 6, '2026-11-28 01:12:51.514151+00', 'webhook.customer.deleted', 'webhook', 'deleted', '{"payload_digest": "65865cf9d1c847588cf9416df5f1d9da6c0bc8464fabafefb0ef386c348a5f3c", "id": "f9648a10-276b-4a31-b648-d5d621c10746"}', 'd7de02dd4e99b754d3b39c6d39c3b07ccd7f846c2f1ea7cdd5885322201cb8b6');
INSERT INTO public.evidence VALUES (29, 2, 7, '2026-11-28 01:12:51.514151+00', 'webhook.customer.state_changed', 'webhook', 'deleted', '{"payload_digest": "83fb7dae9fbf52217498231c71e3a82cb92f048563d1ef19f4dc4b9fdff6f021", "id": "f9648a10-276b-4a31-b648-d5d621c10746"}', '283a103ce2226dacee8e51f85ce70a717fe0bc4ccbcb33a56352deec89c47ae1');
INSERT INTO public.evidence VALUES (30, 1, 14, '2026-11-28 01:12:51.514151+00', 'checked', 'webhook', 'verified', '{"was": "deleted", "by": "webhooks", "subscriptions": [{"id": "63c11bf5-64fa-4877-9d64-83094f1652bc", "status": "canceled", "ended": true}], "benefit_grants": [{"id": "f20307e3-228e-460a-97cb-016e8e7803f1", "is_granted": false}]}', '2ecdeb6ad3c38faa6805db43ca298567f70e8374e850ac2d290fc268239f0550');
INSERT INTO public.evidence VALUES (31, 1, 15, '2026-11-28 01:12:51.514151+00', 'forgotten', 'worker', 'verified', '{}', '71ea202d5098833a5645ed2c5c5c982c18a025268b172b93a28dea417abd9f35');
INSERT INTO public.evidence VALUES (34, 6, 3, '2026-11-28 01:12:52.006025+00', 'customer.none', 'worker', 'deleted', '{"was": "resolved"}', '5da73c26a6527bcf9148bc26364b194d51caa1578528a27b5acf9d2baa7aa76f');
INSERT INTO public.evidence VALUES (35, 1, 16, '2026-11-28 01:12:52.063139+00', 'checked', 'api', 'verified', '{"by": "api", "subscriptions": [{"id": "63c11bf5-64fa-4877-9d64-83094f1652bc", "status": "canceled", "ended": true}], "benefit_grants": [{"id": "f20307e3-228e-460a-97cb-016e8e7803f1", "is_granted": false}]}', '03b8b22f537849f2ceeb441625e39fd7b03d1972632413a5b5fd452664b295ad');
INSERT INTO public.evidence VALUES (39, 5, 4, '2026-11-28 01:12:52.392366+00', 'webhook.member.deleted', 'webhook', 'held', '{"payload_digest": "31aa407dbf365b9957b5545dee75fff1f22c3fa81420079161ed23b9ed8eb629", "id": "2d8f7f1d-e4fb-495e-909b-25701fefb546", "role": "member"}', '8598f0398b9ad1e22626f5b50a83507e2ab0678ec6aa97a612ae6d4972394e18');
INSERT INTO public.evidence VALUES (32, 6, 2, '2026-11-28 01:12:51.864689+00', 'customer.missing', 'api', 'resolved', '{"identified_by": "identity", "external_hash": "987fd74c1af61158c99e81454c57765ea0a8958bb0e2fe5b8dfc911a04648718", "was": "received"}', '32da1c389ba6234d119744d10a6651b584b28a136fd9751e001f25b22587b495');
INSERT INTO public.evidence VALUES (33, 7, 2, '2026-11-28 01:12:51.864689+00', 'customer.missing', 'api', 'no_customer', '{"identified_by": "identity", "external_hash": "df9b3c76338e4f699d678dfbaf29afece87ee25409fb56591a9b48fd46854560", "reason": "Polar has no customer under this user''s external id, and the mirror no customer and no member (members were last listed at 2026-11-28T01:12:44+00:00)", "was": "received"}', 'b30f4e389989fecd141f3ebf22175d7382b0050729ac235260424c61b2b98a3f');
INSERT INTO public.evidence VALUES (36, 6, 4, '2026-11-28 01:12:52.227952+00', 'membership.delete.sent', 'worker', 'deleted', '{"member_id": "2d8f7f1d-e4fb-495e-909b-25701fefb546", "customer_id": "76e2dcd2-332c-45f3-a650-59b9bc8296ba"}', '13dca1c9e3966da05929309807f4fe57c22506b7d77b36296a59e5a6ff900c96');
INSERT INTO public.evidence VALUES (40, 6, 6, '2026-11-28 01:12:52.46235+00', 'checked', 'api', 'verified', '{"was": "deleted", "by": "webhooks", "subscriptions": [], "benefit_grants": []}', '130e59b3b87d5fdd917155c1ada3ffc00cb9ab486578ccf0ddf9cabdfd91f941');
INSERT INTO public.evidence VALUES (41, 6, 7, '2026-11-28 01:12:52.46235+00', 'forgotten', 'worker', 'verified', '{}', 'b514639246c30313bed392639432e29d8d8d44091938ba378304b682367aa185');
INSERT INTO public.evidence VALUES (37, 2, 8, '2026-11-28 01:12:52.312543+00', 'checked', 'api', 'incomplete', '{"reason": "the customer is gone, but these are not: subscription 2b68b073-6f91-4c17-b935-7703987934f7 (paused); end them at Polar, then `polar-sync retry`", "was": "deleted", "by": "api", "subscriptions": [{"id": "2b68b073-6f91-4c17-b935-7703987934f7", "status": "paused", "ended": false}], "benefit_grants": []}', '049dc975091baab36202b3af80d61fde81bbe0149c84014fb4c0215334521ec3');
INSERT INTO public.evidence VALUES (42, 8, 1, '2026-11-28 01:12:57.638011+00', 'event.received', 'app', 'received', '{"event_digest": "9de93d0771d247776d0e235287264416365a1598efa5de52b0c3bc69c464c28a", "event_at": "2026-11-28T01:12:57.487522+00:00"}', '11bc60abffce706990b616fffb74d6a4825008a8873c00ef9393c347e186ad95');
INSERT INTO public.evidence VALUES (43, 9, 1, '2026-11-28 01:12:57.995758+00', 'event.received', 'app', 'received', '{"event_digest": "06a8b97dca981e9d63f6fb90fe3bd5351a4f4d399b1bdf9f4c9213eb13f9501f", "event_at": "2026-11-28T01:12:57.551415+00:00"}', '99c7eba7bafceeaa2cea32cc00e2c026e007559c537006f914acbac70a2138a2');
INSERT INTO public.evidence VALUES (44, 10, 1, '2026-11-28 01:12:57.995758+00', 'event.received', 'app', 'received', '{"event_digest": "222e0933ab1a6c7a173687bd4642e1edab18364963318402ec12de8b99a7e062", "event_at": "2026-11-28T01:12:57.744842+00:00"}', 'b05cacf293d15ab7d9e76ef06f52c3da41cef308d544734f2f6b1bced974c523');
INSERT INTO public.evidence VALUES (45, 2, 9, '2026-11-28 01:12:58.05364+00', 'checked', 'api', 'incomplete', '{"by": "api", "subscriptions": [{"id": "2b68b073-6f91-4c17-b935-7703987934f7", "status": "paused", "ended": false}], "benefit_grants": []}', '62289ac0cc72ce9c2ed49ad75f61df9aa9df8c0fbbe5541b47f1dd075d02c929');
INSERT INTO public.evidence VALUES (46, 8, 2, '2026-11-28 01:12:58.110713+00', 'customer.found', 'api', 'resolved', '{"identified_by": "identity", "customer_id": "707e5519-68fb-4b02-9e67-604178db2f19", "customer_created_at": "2026-10-29T01:12:43.198530+00:00", "subscriptions": [{"id": "d783ebf6-01b2-4eee-bd8f-4f001d000027", "status": "active"}], "benefit_grants": [], "was": "received"}', '91d338d887c4ed620ecab989ede875872197488dfd3ab1c0ab2d0854640adba0');
INSERT INTO public.evidence VALUES (47, 8, 3, '2026-11-28 01:12:58.293379+00', 'brake.tripped', 'worker', 'held', '{"reason": "the brake tripped: 1 deletions within an hour, 1 allowed (MAX_DELETIONS_PER_HOUR); `polar-sync approve` or `polar-sync cancel`", "was": "resolved"}', '052fece651ce048686c1433fd7a86f1420d7365b3d4d6a90b0ac18f6851bc3d8');
INSERT INTO public.evidence VALUES (48, 9, 2, '2026-11-28 01:12:58.316475+00', 'customer.found', 'api', 'resolved', '{"identified_by": "identity", "customer_id": "1b4d5b3f-9056-4b98-9b38-f8ee8905f966", "customer_created_at": "2026-10-29T01:12:43.199801+00:00", "subscriptions": [{"id": "39a389ee-a65c-4fb0-af77-d47f9490256d", "status": "active"}], "benefit_grants": [], "was": "received"}', '2d7fc8b7183ff9ad8ce45860d4396134b549f02b9cc999b7cda3a30bea8ec703');
INSERT INTO public.evidence VALUES (49, 10, 2, '2026-11-28 01:12:58.316475+00', 'customer.found', 'api', 'resolved', '{"identified_by": "identity", "customer_id": "3552a888-ddeb-4f1f-b049-b75b333a4a49", "customer_created_at": "2026-10-29T01:12:43.203726+00:00", "subscriptions": [{"id": "f9dc0534-0a43-4c2a-9b79-a42d2c317d2f", "status": "active"}], "benefit_grants": [], "was": "received"}', '5089ec36b5abb0254911ff5820423824b4b0f8698d958320f53291f2e182067b');
INSERT INTO public.evidence VALUES (50, 9, 3, '2026-11-28 01:12:58.379938+00', 'brake.tripped', 'worker', 'held', '{"reason": "the brake tripped: 1 deletions within an hour, 1 allowed (MAX_DELETIONS_PER_HOUR); `polar-sync approve` or `polar-sync cancel`", "was": "resolved"}', 'c4c97729c1a3c92c84b88094bda32bd420cd7b1e37c8ae17f9eb4e58812a1e19');
INSERT INTO public.evidence VALUES (51, 10, 3, '2026-11-28 01:12:58.411194+00', 'brake.tripped', 'worker', 'held', '{"reason": "the brake tripped: 1 deletions within an hour, 1 allowed (MAX_DELETIONS_PER_HOUR); `polar-sync approve` or `polar-sync cancel`", "was": "resolved"}', 'd01c65e079d67f05c4a71ad14b9fe0bb6e1f39a078f51776802ed433ed5d92d8');
INSERT INTO public.evidence VALUES (52, 2, 10, '2026-11-28 01:12:59.089992+00', 'checked', 'api', 'incomplete', '{"by": "api", "subscriptions": [{"id": "2b68b073-6f91-4c17-b935-7703987934f7", "status": "paused", "ended": false}], "benefit_grants": []}', 'ab1b797ea7314a097796e59cce8cd13599187bce9e880ae621669209ff4f318b');
INSERT INTO public.evidence VALUES (53, 2, 11, '2026-11-28 01:12:59.947243+00', 'checked', 'api', 'incomplete', '{"by": "api", "subscriptions": [{"id": "2b68b073-6f91-4c17-b935-7703987934f7", "status": "paused", "ended": false}], "benefit_grants": []}', '0112c5ef32e9beb7c2ddf167b14765f55f66daf6754bc71f42715e09cc679a1f');
INSERT INTO public.evidence VALUES (54, 10, 4, '2026-11-28 01:13:00.023264+00', 'canceled', 'operator', 'canceled', '{"was": "held"}', '3c54bc1a741932b4c10b09eb4559971d5992e99b29c2c30e42d73940ee79a822');
INSERT INTO public.evidence VALUES (55, 11, 1, '2026-11-28 01:13:04.712273+00', 'event.received', 'app', 'received', '{"event_digest": "790251eb901f115f210b4644110b2a4e7d2493aa22ec5bc9452abca56a01d4d3", "event_at": "2026-11-28T01:13:04.432566+00:00"}', '9592e1e1c6f3b155977cd9be3c553ba37c545cf6e6655022cb2148333c7790e4');
INSERT INTO public.evidence VALUES (56, 2, 12, '2026-11-28 01:13:04.893259+00', 'checked', 'api', 'incomplete', '{"by": "api", "subscriptions": [{"id": "2b68b073-6f91-4c17-b935-7703987934f7", "status": "paused", "ended": false}], "benefit_grants": []}', '9661cadfebc12941db538359d9d3a797cc3f6ed3a59b08021485d13d9425b2f9');
INSERT INTO public.evidence VALUES (57, 11, 2, '2026-11-28 01:13:04.989332+00', 'customer.found', 'api', 'resolved', '{"identified_by": "identity", "customer_id": "ebcc85e1-1599-4ae0-8d53-54eb06b70815", "customer_created_at": "2026-10-29T01:12:43.162053+00:00", "subscriptions": [{"id": "4846213c-be5e-4dfb-bed7-742070e381e9", "status": "active"}], "benefit_grants": [], "was": "received"}', 'b261fccf92346e74c532ce850675041aee03131456fb936b4648d88307cd9e7a');
INSERT INTO public.evidence VALUES (58, 11, 3, '2026-11-28 01:13:05.106213+00', 'delete.sent', 'worker', 'deleting', '{"customer_id": "ebcc85e1-1599-4ae0-8d53-54eb06b70815", "by": "external_id", "anonymize": true, "was": "resolved"}', 'c5f7965b86952ee38323f6d8237f54075460d893b6537d41628806b3d948a34b');
INSERT INTO public.evidence VALUES (59, 12, 1, '2026-11-28 01:13:05.303825+00', 'event.received', 'app', 'received', '{"event_digest": "6a8db8e76d42d50b58eb05116809046cfe46a7fef2430efe673b1020fee0343a", "event_at": "2026-11-28T01:13:05.118142+00:00"}', '2593424ab58c61f59d5f06f723e4e51f6a78be4211c441015c1f114c7eae37ce');
INSERT INTO public.evidence VALUES (60, 2, 13, '2026-11-28 01:13:05.532074+00', 'request.failed', 'api', 'blocked', '{"reason": "GET was answered 401: the token is not accepted: set POLAR_ACCESS_TOKEN to a valid one; if it is valid, the organization''s API access is switched off, which Polar''s support can tell", "was": "incomplete"}', 'd51b0628e2926929b61c2bc8ceefcb22dd01649571552ef4f13f14067a7d8a17');
INSERT INTO public.inbox VALUES (3, 'app', 'msg_4a0c127cbfd1411ca85b6f1573f7abe1', '2026-11-28 01:12:50.124595+00', '\x7b2274797065223a2022757365722e64656c65746564222c202274696d657374616d70223a20313739353832383337302e3030383031382c202264617461223a207b22757365725f6964223a20227061757365642d31227d7d', '68f4b652997ee0253fbc3886c5730e2febdc3fcb88f53a9de450f6aa60356730', 'applied', 'user.deleted', '2026-11-28 01:12:50.008018+00', NULL, 'c27b9a9913a10cd665c9035960c0c8ce41022aa44a7b7562f5e167d558bd6592', '2026-11-28 01:12:50.152725+00', NULL, NULL);
INSERT INTO public.inbox VALUES (4, 'app', 'msg_a135707dda974eb3a26be042638efed5', '2026-11-28 01:12:50.313426+00', '\x7b2274797065223a2022757365722e64656c65746564222c202274696d657374616d70223a20313739353832383337302e313336373935382c202264617461223a207b22757365725f6964223a20226e6f626f64792d31227d7d', '7dbcdfbbd3aa86e189c9ef3eb9cd11813cc10032950c9f984f076c38b94dfbb1', 'applied', 'user.deleted', '2026-11-28 01:12:50.136796+00', NULL, 'c6e7d5004885ad7cefa8b69966ee09ee7775d684a3523f5a3a5e66b94b090cd2', '2026-11-28 01:12:50.373861+00', NULL, NULL);
INSERT INTO public.inbox VALUES (5, 'app', 'msg_ce3aec625ca64d4ca18030c0abb7d0a3', '2026-11-28 01:12:50.480353+00', '\x7b2274797065223a2022757365722e64656c65746564222c202274696d657374616d70223a2022323032362d31312d32385430303a31323a35302e3332323736302b30303a3030222c202264617461223a207b22757365725f6964223a2022616761696e2d31227d7d', 'fdc39aba91b19ffaf492447664c7a1a66b86049586a0582a9d51ff9c77eed19e', 'applied', 'user.deleted', '2026-11-28 00:12:50.32276+00', NULL, '3c63d413e9ce39c20eab9644176fc60d6bbcc3dc5ca43cb5e50ff5a6d40391d0', '2026-11-28 01:12:50.706662+00', NULL, NULL);
INSERT INTO public.inbox VALUES (6, 'app', 'msg_b9f2b4d0bbe34874ab82648d58b98a8b', '2026-11-28 01:12:50.636063+00', '\x7b2274797065223a2022757365722e64656c65746564222c202274696d657374616d70223a20313739353832383337302e3439303533332c202264617461223a207b22757365725f6964223a20227465616d2d31227d7d', '35a51e71aa56a5a0269b8d471bf83532efa3e2f1f6ddd56c2bb62f32cfb0806c', 'applied', 'user.deleted', '2026-11-28 01:12:50.490533+00', NULL, '7fdb1ef38ee168933108fc3b2ac2487a9b08c7699cdb814fbd45ff9abeb47835', '2026-11-28 01:12:50.706662+00', NULL, NULL);
INSERT INTO public.inbox VALUES (8, 'polar', 'msg_24aacc644c724e6a989e0b162a776dfa', '2026-11-28 01:12:50.947624+00', '\x6e6f204a534f4e', '29ecbeb830e3244605e5a88493e4088424a71780e5cf59bb3475f278f294335b', 'dead', NULL, NULL, NULL, NULL, '2026-11-28 01:12:51.202318+00', 'the body is not JSON', NULL);
INSERT INTO public.inbox VALUES (9, 'polar', '02a86bfc-873c-4430-84a0-94c7e6889117', '2026-11-28 01:12:51.036263+00', NULL, '95aac4337f9b91f4ea69477179ef5ef5b171f8de82cb9442b00e4a42c4bf2f64', 'applied', 'member.deleted', '2026-11-28 01:12:50.949091+00', 'd6f87d4b-838a-495a-b37b-d7de821e3e23', NULL, '2026-11-28 01:12:51.202318+00', NULL, '29e25f1f-7db0-4aa9-a401-5f4a8c39336f');
INSERT INTO public.inbox VALUES (2, 'app', 'msg_99772e3c6df444968620d94c2f0873a8', '2026-11-28 01:12:49.993788+00', NULL, '3de30308496e84eb67a3b235706ddb9578c7ad115c77c486cf6f8298c4052934', 'applied', 'user.deleted', '2026-11-28 01:12:49.924964+00', NULL, 'ce795dfec1ecb5091bd088a973cd26d7f501387046394d490fbbf7defbe148a3', '2026-11-28 01:12:50.027082+00', NULL, NULL);
INSERT INTO public.inbox VALUES (7, 'app', 'msg_743f45727f964811b6170250670dab31', '2026-11-28 01:12:50.747013+00', NULL, '301d09cfecf78801201d41629766a545f712f0bbbaf54a5fe507f96764d114f4', 'applied', 'user.deleted', '2026-11-28 01:12:50.650541+00', NULL, '12f0798884d2cf0740b61e8541e3030ae599e6499bcd9169626c23a30b3429d1', '2026-11-28 01:12:51.202318+00', NULL, NULL);
INSERT INTO public.inbox VALUES (36, 'polar', '92adf05f-261b-4d53-8173-0efdb74462fa', '2026-11-28 01:13:10.009269+00', '\x7b2274797065223a22637573746f6d65722e73746174655f6368616e676564222c2274696d657374616d70223a22323032362d31312d32385430313a31333a30392e3938393834395a222c226170695f76657273696f6e223a22323032362d3130222c2264617461223a7b226964223a2234313136643033662d666661632d343039322d383065652d613933303162303563313130222c22637265617465645f6174223a22323032362d31312d32385430313a31333a30392e3938393634305a222c226d6f6469666965645f6174223a6e756c6c2c226d65746164617461223a7b7d2c2265787465726e616c5f6964223a226c6976696e672d32222c22656d61696c223a226c6976696e672d324070656f706c652e6578616d706c65222c22656d61696c5f7665726966696564223a66616c73652c2274797065223a22696e646976696475616c222c226e616d65223a6e756c6c2c2262696c6c696e675f6e616d65223a6e756c6c2c2262696c6c696e675f61646472657373223a6e756c6c2c227461785f6964223a6e756c6c2c226c6f63616c65223a6e756c6c2c226f7267616e697a6174696f6e5f6964223a2264366262616639382d396338622d346264352d623230372d646135633036353135386161222c2264656661756c745f7061796d656e745f6d6574686f645f6964223a6e756c6c2c2264656c657465645f6174223a6e756c6c2c2266697273745f757365725f6576656e745f6174223a6e756c6c2c226176617461725f75726c223a6e756c6c2c226163746976655f737562736372697074696f6e73223a5b5d2c226772616e7465645f62656e6566697473223a5b5d2c226163746976655f6d6574657273223a5b5d7d7d', '85c147ea1dee66bcb5fa63051eab7a8637a1f66dc4cd51e242f7e75455891649', 'pending', NULL, NULL, NULL, NULL, NULL, NULL, NULL);
INSERT INTO public.inbox VALUES (37, 'polar', '0de04ef4-53f1-4a34-8689-78fd0a8a3d81', '2026-11-28 01:13:10.011302+00', '\x7b2274797065223a226d656d6265722e63726561746564222c2274696d657374616d70223a22323032362d31312d32385430313a31333a30392e3938393837385a222c226170695f76657273696f6e223a22323032362d3130222c2264617461223a7b226964223a2264643262616538362d386666382d346138322d626264612d373536366532653161383931222c22637265617465645f6174223a22323032362d31312d32385430313a31333a30392e3938393634305a222c226d6f6469666965645f6174223a6e756c6c2c22637573746f6d65725f6964223a2234313136643033662d666661632d343039322d383065652d613933303162303563313130222c22656d61696c223a226c6976696e672d324070656f706c652e6578616d706c65222c226e616d65223a6e756c6c2c2265787465726e616c5f6964223a226c6976696e672d32222c22726f6c65223a226f776e6572227d7d', 'ddc563e34b98216af187091823ef440b512ecb6dd0221ee362b5aae969b50dd2', 'pending', NULL, NULL, NULL, NULL, NULL, NULL, NULL);
INSERT INTO public.inbox VALUES (12, 'app', 'msg_used', '2026-11-28 01:12:51.115008+00', '\x7b2274797065223a2022757365722e64656c65746564222c202274696d657374616d70223a20313739353832383337302e393535363630332c202264617461223a207b22757365725f6964223a20226e6f626f64792d31227d7d', '0c980812b1d51fbf2eb7472768ce2bae39022154ac682222b4c718705e9fffde', 'applied', 'user.deleted', '2026-11-28 01:12:50.95566+00', NULL, 'c6e7d5004885ad7cefa8b69966ee09ee7775d684a3523f5a3a5e66b94b090cd2', '2026-11-28 01:12:51.202318+00', NULL, NULL);
INSERT INTO public.inbox VALUES (13, 'polar', 'f359dee9-38f9-4d29-9545-4ac1166897fd', '2026-11-28 01:12:51.170676+00', NULL, 'de6e7e27a8220b3a83d353710573f8ed3fd9583c8018d783c977439c267b3911', 'applied', 'benefit_grant.revoked', '2026-11-28 01:12:51.010798+00', 'd6f87d4b-838a-495a-b37b-d7de821e3e23', NULL, '2026-11-28 01:12:51.202318+00', NULL, '29e25f1f-7db0-4aa9-a401-5f4a8c39336f');
INSERT INTO public.inbox VALUES (14, 'polar', '79a4a896-048c-481b-8cb7-736f90841c4c', '2026-11-28 01:12:51.194457+00', NULL, '934e3667c5711d368e93850346df2ddef383cdf2ab38d5a4ee0dfa091d31421a', 'applied', 'subscription.updated', '2026-11-28 01:12:51.010991+00', 'd6f87d4b-838a-495a-b37b-d7de821e3e23', NULL, '2026-11-28 01:12:51.202318+00', NULL, NULL);
INSERT INTO public.inbox VALUES (15, 'polar', '5151ca3c-fb33-4419-a0a2-8abe8cc839ff', '2026-11-28 01:12:51.2223+00', NULL, '24ec4c16094522e5c5b2fadc802299069c758e4c02d14e08637f6359b6edc22a', 'applied', 'subscription.canceled', '2026-11-28 01:12:51.01112+00', 'd6f87d4b-838a-495a-b37b-d7de821e3e23', NULL, '2026-11-28 01:12:51.514151+00', NULL, NULL);
INSERT INTO public.inbox VALUES (10, 'polar', '203c4721-b114-4eee-be8c-7805a8e647dd', '2026-11-28 01:12:51.071451+00', NULL, '1fc6a7cdcf2872ca8bb0e1047f6e1d37c57461afaf9081a2c85a2958f1c50428', 'applied', 'customer.deleted', '2026-11-28 01:12:50.949259+00', 'd6f87d4b-838a-495a-b37b-d7de821e3e23', NULL, '2026-11-28 01:12:51.202318+00', NULL, NULL);
INSERT INTO public.inbox VALUES (11, 'polar', 'ddc5702b-331c-48ba-b4e1-bfc149b19ed1', '2026-11-28 01:12:51.10351+00', NULL, '6ec37989aeb6e5cda8baf05aaa35a0ad5d948fcd70df47f710cb28db16145f2a', 'applied', 'customer.state_changed', '2026-11-28 01:12:50.949325+00', 'd6f87d4b-838a-495a-b37b-d7de821e3e23', NULL, '2026-11-28 01:12:51.202318+00', NULL, NULL);
INSERT INTO public.inbox VALUES (19, 'polar', 'a1da0b61-6cb4-4c81-b602-09402642b7c7', '2026-11-28 01:12:51.383328+00', '\x7b2274797065223a226d656d6265722e64656c65746564222c2274696d657374616d70223a22323032362d31312d32385430313a31323a35312e3036313333335a222c226170695f76657273696f6e223a22323032362d3130222c2264617461223a7b226964223a2261633536346261322d356235332d343661312d613237372d636633316131376238623233222c22637265617465645f6174223a22323032362d31302d32395430313a31323a34332e3139373233335a222c226d6f6469666965645f6174223a22323032362d31312d32385430313a31323a35312e3036313238355a222c22637573746f6d65725f6964223a2266393634386131302d323736622d346133312d623634382d643564363231633130373436222c22656d61696c223a227061757365642d314070656f706c652e6578616d706c65222c226e616d65223a22536f6d65626f6479207061757365642d31222c2265787465726e616c5f6964223a227061757365642d31222c22726f6c65223a226f776e6572227d7d', 'c8737cfee892cebec0a09b1303fb29770780840b873a3ebd202585af8689e5b4', 'applied', 'member.deleted', '2026-11-28 01:12:51.061333+00', 'f9648a10-276b-4a31-b648-d5d621c10746', NULL, '2026-11-28 01:12:51.514151+00', NULL, 'ac564ba2-5b53-46a1-a277-cf31a17b8b23');
INSERT INTO public.inbox VALUES (16, 'polar', '88cf13c2-f8b1-466f-9332-ca10385abdaa', '2026-11-28 01:12:51.327962+00', NULL, 'b4df05141d40c98f1eb39beb2856fbd9ab46cf34134f147f8d3b67578282ebfa', 'applied', 'subscription.revoked', '2026-11-28 01:12:51.01118+00', 'd6f87d4b-838a-495a-b37b-d7de821e3e23', NULL, '2026-11-28 01:12:51.514151+00', NULL, NULL);
INSERT INTO public.inbox VALUES (22, 'polar', '389ddaa6-72a2-474e-b300-8b29cfacec6f', '2026-11-28 01:12:52.252097+00', NULL, '31aa407dbf365b9957b5545dee75fff1f22c3fa81420079161ed23b9ed8eb629', 'applied', 'member.deleted', '2026-11-28 01:12:52.248857+00', '76e2dcd2-332c-45f3-a650-59b9bc8296ba', NULL, '2026-11-28 01:12:52.392366+00', NULL, '2d8f7f1d-e4fb-495e-909b-25701fefb546');
INSERT INTO public.inbox VALUES (20, 'polar', '823bd298-475b-40a5-ab88-d5884f1cc1db', '2026-11-28 01:12:51.397659+00', '\x7b2274797065223a22637573746f6d65722e64656c65746564222c2274696d657374616d70223a22323032362d31312d32385430313a31323a35312e3036313434365a222c226170695f76657273696f6e223a22323032362d3130222c2264617461223a7b226964223a2266393634386131302d323736622d346133312d623634382d643564363231633130373436222c22637265617465645f6174223a22323032362d31302d32395430313a31323a34332e3139373233335a222c226d6f6469666965645f6174223a22323032362d31312d32385430313a31323a35312e3036313238355a222c226d65746164617461223a7b225f5f616e6f6e796d697a65645f6174223a22323032362d31312d32385430313a31323a35312e3036313238352b30303a3030222c225f5f65787465726e616c5f6964223a227061757365642d31227d2c2265787465726e616c5f6964223a227061757365642d31222c22656d61696c223a226231383634303733393332636662303462323338326630663037343230616338356634373337323463613638376161376139656530623232373163663966356240616e6f6e796d697a65642e706f6c61722e7368222c22656d61696c5f7665726966696564223a66616c73652c2274797065223a22696e646976696475616c222c226e616d65223a2232363333323035393335653532326631386436326466316565386339626230303264626135613061326266313532303165643063353430306136393033316134222c2262696c6c696e675f6e616d65223a2232363333323035393335653532326631386436326466316565386339626230303264626135613061326266313532303165643063353430306136393033316134222c2262696c6c696e675f61646472657373223a6e756c6c2c227461785f6964223a6e756c6c2c226c6f63616c65223a6e756c6c2c226f7267616e697a6174696f6e5f6964223a2264366262616639382d396338622d346264352d623230372d646135633036353135386161222c2264656661756c745f7061796d656e745f6d6574686f645f6964223a6e756c6c2c2264656c657465645f6174223a22323032362d31312d32385430313a31323a35312e3036313238355a222c2266697273745f757365725f6576656e745f6174223a6e756c6c2c226176617461725f75726c223a6e756c6c7d7d', '65865cf9d1c847588cf9416df5f1d9da6c0bc8464fabafefb0ef386c348a5f3c', 'applied', 'customer.deleted', '2026-11-28 01:12:51.061446+00', 'f9648a10-276b-4a31-b648-d5d621c10746', NULL, '2026-11-28 01:12:51.514151+00', NULL, NULL);
INSERT INTO public.inbox VALUES (21, 'polar', 'a785d701-590b-4973-a6a0-3303c15afefb', '2026-11-28 01:12:51.430428+00', '\x7b2274797065223a22637573746f6d65722e73746174655f6368616e676564222c2274696d657374616d70223a22323032362d31312d32385430313a31323a35312e3036313438365a222c226170695f76657273696f6e223a22323032362d3130222c2264617461223a7b226964223a2266393634386131302d323736622d346133312d623634382d643564363231633130373436222c22637265617465645f6174223a22323032362d31302d32395430313a31323a34332e3139373233335a222c226d6f6469666965645f6174223a22323032362d31312d32385430313a31323a35312e3036313238355a222c226d65746164617461223a7b225f5f616e6f6e796d697a65645f6174223a22323032362d31312d32385430313a31323a35312e3036313238352b30303a3030222c225f5f65787465726e616c5f6964223a227061757365642d31227d2c2265787465726e616c5f6964223a227061757365642d31222c22656d61696c223a226231383634303733393332636662303462323338326630663037343230616338356634373337323463613638376161376139656530623232373163663966356240616e6f6e796d697a65642e706f6c61722e7368222c22656d61696c5f7665726966696564223a66616c73652c2274797065223a22696e646976696475616c222c226e616d65223a2232363333323035393335653532326631386436326466316565386339626230303264626135613061326266313532303165643063353430306136393033316134222c2262696c6c696e675f6e616d65223a2232363333323035393335653532326631386436326466316565386339626230303264626135613061326266313532303165643063353430306136393033316134222c2262696c6c696e675f61646472657373223a6e756c6c2c227461785f6964223a6e756c6c2c226c6f63616c65223a6e756c6c2c226f7267616e697a6174696f6e5f6964223a2264366262616639382d396338622d346264352d623230372d646135633036353135386161222c2264656661756c745f7061796d656e745f6d6574686f645f6964223a6e756c6c2c2264656c657465645f6174223a22323032362d31312d32385430313a31323a35312e3036313238355a222c2266697273745f757365725f6576656e745f6174223a6e756c6c2c226176617461725f75726c223a6e756c6c2c226163746976655f737562736372697074696f6e73223a5b5d2c226772616e7465645f62656e6566697473223a5b5d2c226163746976655f6d6574657273223a5b5d7d7d', '83fb7dae9fbf52217498231c71e3a82cb92f048563d1ef19f4dc4b9fdff6f021', 'applied', 'customer.state_changed', '2026-11-28 01:12:51.061486+00', 'f9648a10-276b-4a31-b648-d5d621c10746', NULL, '2026-11-28 01:12:51.514151+00', NULL, NULL);
INSERT INTO public.inbox VALUES (18, 'polar', '92826534-67a0-4f13-ad8c-299fa4d2265c', '2026-11-28 01:12:51.351959+00', NULL, 'eda1169254a9ef5627b24901603b5a5ba7c40d760fd24f29cd180ed99ded3229', 'applied', 'customer.state_changed', '2026-11-28 01:12:51.037966+00', 'd6f87d4b-838a-495a-b37b-d7de821e3e23', NULL, '2026-11-28 01:12:51.514151+00', NULL, NULL);
INSERT INTO public.inbox VALUES (24, 'app', 'msg_5935f9343f1e4699b3434bab83fd6223', '2026-11-28 01:12:57.543355+00', '\x7b2274797065223a2022757365722e64656c65746564222c202274696d657374616d70223a20313739353832383337372e3438373532322c202264617461223a207b22757365725f6964223a202268656c642d31227d7d', '9de93d0771d247776d0e235287264416365a1598efa5de52b0c3bc69c464c28a', 'applied', 'user.deleted', '2026-11-28 01:12:57.487522+00', NULL, 'f7c37c52aa8949525d55ccf3563ae23d2852f30cc0f522f1e36ce3cbdb090d52', '2026-11-28 01:12:57.638011+00', NULL, NULL);
INSERT INTO public.inbox VALUES (25, 'app', 'msg_63d99030320d456180f44a11c2fcdd8e', '2026-11-28 01:12:57.736267+00', '\x7b2274797065223a2022757365722e64656c65746564222c202274696d657374616d70223a20313739353832383337372e353531343134352c202264617461223a207b22757365725f6964223a202268656c642d32227d7d', '06a8b97dca981e9d63f6fb90fe3bd5351a4f4d399b1bdf9f4c9213eb13f9501f', 'applied', 'user.deleted', '2026-11-28 01:12:57.551415+00', NULL, '4a680ecfbc48227979271b4ce107867bc932546c5621caccd37f7de69ce7ca44', '2026-11-28 01:12:57.995758+00', NULL, NULL);
INSERT INTO public.inbox VALUES (26, 'app', 'msg_5be4ab63f64e40d58aadfd55f3042e60', '2026-11-28 01:12:57.79476+00', '\x7b2274797065223a2022757365722e64656c65746564222c202274696d657374616d70223a20313739353832383337372e373434383431382c202264617461223a207b22757365725f6964223a202268656c642d33227d7d', '222e0933ab1a6c7a173687bd4642e1edab18364963318402ec12de8b99a7e062', 'applied', 'user.deleted', '2026-11-28 01:12:57.744842+00', NULL, 'da4510a40f027a6c8619ec6ffadb1ed6a2bb2ee0ce7f8a5092ea2ac055840017', '2026-11-28 01:12:57.995758+00', NULL, NULL);
INSERT INTO public.inbox VALUES (28, 'app', 'msg_3bf0fe261cd84ab49a1edbfc06a7f5b1', '2026-11-28 01:13:04.66487+00', '\x7b2274797065223a2022757365722e64656c65746564222c202274696d657374616d70223a20313739353832383338342e343332353635372c202264617461223a207b22757365725f6964223a202264656c6574696e672d31227d7d', '790251eb901f115f210b4644110b2a4e7d2493aa22ec5bc9452abca56a01d4d3', 'applied', 'user.deleted', '2026-11-28 01:13:04.432566+00', NULL, '350b9c1870e1a2821c6a38ee91ae6f9eeaac41d0cf76e1a79f082f7d1233cedb', '2026-11-28 01:13:04.712273+00', NULL, NULL);
INSERT INTO public.inbox VALUES (29, 'app', 'msg_5cc341f79c6e4b8fa2463cd0c8effec9', '2026-11-28 01:13:05.228887+00', '\x7b2274797065223a2022757365722e64656c65746564222c202274696d657374616d70223a20313739353832383338352e3131383134322c202264617461223a207b22757365725f6964223a2022626c6f636b65642d31227d7d', '6a8db8e76d42d50b58eb05116809046cfe46a7fef2430efe673b1020fee0343a', 'applied', 'user.deleted', '2026-11-28 01:13:05.118142+00', NULL, '6ddb594a389a16a027d5c94384a63bb5d2427704e45e118943528022da95c1f0', '2026-11-28 01:13:05.303825+00', NULL, NULL);
INSERT INTO public.inbox VALUES (30, 'app', 'msg_b3434ef8d8f84da98a72e9b005b1049c', '2026-11-28 01:13:05.326439+00', NULL, '3597ca62922c4d3c1f8531a76f2e4963db860c4b0aaa8bc0ac913276700496d9', 'applied', 'user.updated', '2026-11-28 01:13:05.239475+00', NULL, '9c1f1c1ed471e86b2974680be521694f04d71801be3ae87afd197c688a857aac', '2026-11-28 01:13:05.42878+00', NULL, NULL);
INSERT INTO public.inbox VALUES (32, 'app', 'msg_6715a1296e0e4c719bc3c5e4d508dbed', '2026-11-28 01:13:09.829325+00', '\x7b2274797065223a2022757365722e64656c65746564222c202274696d657374616d70223a20313739353832383338392e373930323136322c202264617461223a207b22757365725f6964223a202270656e64696e672d31227d7d', '8e8a952f3099b8d0b07725ee49351ce63c7072298f9f38bfe526004a726a9eb8', 'pending', 'user.deleted', '2026-11-28 01:13:09.790216+00', NULL, '34f5e4d50c2ef4d4a5cce3613c31338e69fb68140bc5df6d51e0475989639c00', NULL, NULL, NULL);
INSERT INTO public.inbox VALUES (33, 'app', 'msg_d01af6519dbf4b269449fccb4147736e', '2026-11-28 01:13:09.909848+00', '\x7b2274797065223a2022757365722e64656c65746564222c202274696d657374616d70223a20313739353832383338392e383335343030382c202264617461223a207b22757365725f6964223a202270656e64696e672d6e6f626f6479227d7d', '55b0a50ecca102aa7dcd810e1d111cc3029ad0bfa76307bb6c34cf730f340c83', 'pending', 'user.deleted', '2026-11-28 01:13:09.835401+00', NULL, '538d011938dd4a76d67386aefc4cd46ebbca8ca7e936a61784a8ba9c12bf77a0', NULL, NULL, NULL);
INSERT INTO public.inbox VALUES (34, 'app', 'msg_04c1ea3d61734085af0a90d91ccc2e09', '2026-11-28 01:13:09.950061+00', '\x7b2274797065223a2022757365722e64656c65746564222c202274696d657374616d70223a20313739353832383338392e393136343436342c202264617461223a207b22757365725f6964223a2022757365722d6d6170706564227d7d', 'b8f49e7c5bbe32bd644ebf3d15cd34be844447b52e9856848bc246ae5176bc0e', 'pending', 'user.deleted', '2026-11-28 01:13:09.916447+00', NULL, '21e5d13a48c91f644ebd083c9c6e3ab89adb5b7cf6ef06eae0d08b47752cdfeb', NULL, NULL, NULL);
INSERT INTO public.inbox VALUES (35, 'polar', 'aa144ff2-bc17-46c1-979b-b7d85369f031', '2026-11-28 01:13:10.006331+00', '\x7b2274797065223a22637573746f6d65722e63726561746564222c2274696d657374616d70223a22323032362d31312d32385430313a31333a30392e3938393736385a222c226170695f76657273696f6e223a22323032362d3130222c2264617461223a7b226964223a2234313136643033662d666661632d343039322d383065652d613933303162303563313130222c22637265617465645f6174223a22323032362d31312d32385430313a31333a30392e3938393634305a222c226d6f6469666965645f6174223a6e756c6c2c226d65746164617461223a7b7d2c2265787465726e616c5f6964223a226c6976696e672d32222c22656d61696c223a226c6976696e672d324070656f706c652e6578616d706c65222c22656d61696c5f7665726966696564223a66616c73652c2274797065223a22696e646976696475616c222c226e616d65223a6e756c6c2c2262696c6c696e675f6e616d65223a6e756c6c2c2262696c6c696e675f61646472657373223a6e756c6c2c227461785f6964223a6e756c6c2c226c6f63616c65223a6e756c6c2c226f7267616e697a6174696f6e5f6964223a2264366262616639382d396338622d346264352d623230372d646135633036353135386161222c2264656661756c745f7061796d656e745f6d6574686f645f6964223a6e756c6c2c2264656c657465645f6174223a6e756c6c2c2266697273745f757365725f6576656e745f6174223a6e756c6c2c226176617461725f75726c223a6e756c6c7d7d', 'd6653e49f36a7013c6bf795c477f235b05c4cfa562ad58be3feb8e369662691a', 'pending', NULL, NULL, NULL, NULL, NULL, NULL, NULL);
INSERT INTO public.mapping VALUES ('user-mapped', 'mapped-1', NULL, '2026-11-28 01:12:45.929884+00');
INSERT INTO public.member VALUES ('2026-11-28 01:11:43.207372+00', '2026-11-28 01:12:44.694129+00', '', 'api', '2026-11-28 01:12:44.76586+00', '68648676-3eba-4945-b66a-bc01b95f456c', 'b890899f-9532-4143-9272-95fa98bdb871', '2026-11-28 01:11:43.207372+00', 'owner', 'again-1', NULL, NULL, NULL);
INSERT INTO public.member VALUES ('2026-10-29 01:12:43.211589+00', '2026-11-28 01:12:44.694129+00', '', 'api', '2026-11-28 01:12:44.76586+00', '215eeafc-09b5-4cee-b295-4c86c44e9734', '76e2dcd2-332c-45f3-a650-59b9bc8296ba', '2026-10-29 01:12:43.211589+00', 'owner', 'team-1', NULL, NULL, NULL);
INSERT INTO public.member VALUES ('2026-10-29 01:12:43.203726+00', '2026-11-28 01:12:44.694129+00', '', 'api', '2026-11-28 01:12:44.76586+00', 'afd788a7-e7f2-46fa-a369-e4204c303a72', '3552a888-ddeb-4f1f-b049-b75b333a4a49', '2026-10-29 01:12:43.203726+00', 'owner', 'held-3', NULL, NULL, NULL);
INSERT INTO public.member VALUES ('2026-10-29 01:12:43.199801+00', '2026-11-28 01:12:44.694129+00', '', 'api', '2026-11-28 01:12:44.76586+00', 'e9dd22d2-9aca-40cc-837d-7c74efe2b763', '1b4d5b3f-9056-4b98-9b38-f8ee8905f966', '2026-10-29 01:12:43.199801+00', 'owner', 'held-2', NULL, NULL, NULL);
INSERT INTO public.member VALUES ('2026-10-29 01:12:43.19853+00', '2026-11-28 01:12:44.694129+00', '', 'api', '2026-11-28 01:12:44.76586+00', 'd34a359e-9102-46a3-a577-15abdaf9f2f3', '707e5519-68fb-4b02-9e67-604178db2f19', '2026-10-29 01:12:43.19853+00', 'owner', 'held-1', NULL, NULL, NULL);
INSERT INTO public.member VALUES ('2026-10-29 01:12:43.190147+00', '2026-11-28 01:12:44.694129+00', '', 'api', '2026-11-28 01:12:44.76586+00', '5c02aa4d-50cc-4d85-861c-db49e009899e', '1f6b328b-8620-446c-94bd-decad2132f2c', '2026-10-29 01:12:43.190147+00', 'owner', 'living-1', NULL, NULL, NULL);
INSERT INTO public.member VALUES ('2026-10-29 01:12:43.177229+00', '2026-11-28 01:12:44.694129+00', '', 'api', '2026-11-28 01:12:44.76586+00', '6c299ca1-a80d-433e-8751-146f65b2a5cb', 'a4c84db9-4449-47e2-96ee-6cca60ef573f', '2026-10-29 01:12:43.177229+00', 'owner', 'pending-1', NULL, NULL, NULL);
INSERT INTO public.member VALUES ('2026-10-29 01:12:43.17347+00', '2026-11-28 01:12:44.694129+00', '', 'api', '2026-11-28 01:12:44.76586+00', '5e04e64f-3769-4b4d-b74c-286de027c575', '24a18efb-fac3-4ab9-963a-440549392f8c', '2026-10-29 01:12:43.17347+00', 'owner', 'mapped-1', NULL, NULL, NULL);
INSERT INTO public.member VALUES ('2026-10-29 01:12:43.171924+00', '2026-11-28 01:12:44.694129+00', '', 'api', '2026-11-28 01:12:44.76586+00', 'bfa369cb-b176-409c-9784-aa90de781da6', '4418f6e3-b898-453c-a383-d073f271d592', '2026-10-29 01:12:43.171924+00', 'owner', 'blocked-1', NULL, NULL, NULL);
INSERT INTO public.member VALUES ('2026-10-29 01:12:43.162053+00', '2026-11-28 01:12:44.694129+00', '', 'api', '2026-11-28 01:12:44.76586+00', '4e9e248b-5aff-4411-b54d-ca57ec37cf6a', 'ebcc85e1-1599-4ae0-8d53-54eb06b70815', '2026-10-29 01:12:43.162053+00', 'owner', 'deleting-1', NULL, NULL, NULL);
INSERT INTO public.member VALUES ('2026-11-28 01:12:51.061285+00', '2026-11-28 01:12:51.061333+00', 'd3dc00cdedc2ce1bb39db621a754dc0033dfbacab90ca40656bcc028d1c154a4', 'member.deleted', '2026-11-28 01:12:51.514151+00', 'ac564ba2-5b53-46a1-a277-cf31a17b8b23', 'f9648a10-276b-4a31-b648-d5d621c10746', '2026-10-29 01:12:43.197233+00', 'owner', 'paused-1', '2026-11-28 01:12:51.061285+00', NULL, NULL);
INSERT INTO public.member VALUES ('2026-11-28 01:12:50.949032+00', '2026-11-28 01:12:50.949091+00', '94fda2b12f9072d56b1b13f36c4689f590cbee3b03318ced7a3963611b6d460d', 'member.deleted', '2026-11-28 01:12:51.202318+00', '29e25f1f-7db0-4aa9-a401-5f4a8c39336f', 'd6f87d4b-838a-495a-b37b-d7de821e3e23', '2026-10-29 01:12:43.19564+00', 'owner', NULL, '2026-11-28 01:12:50.949032+00', '2026-11-28 01:12:51.514151+00', NULL);
INSERT INTO public.member VALUES ('2026-11-28 01:12:52.248813+00', '2026-11-28 01:12:52.248857+00', 'bdea970ba9925ba51d641eb9afab6b3ac16e47b01afe88bb6ebf2747f1b1c1c5', 'member.deleted', '2026-11-28 01:12:52.392366+00', '2d8f7f1d-e4fb-495e-909b-25701fefb546', '76e2dcd2-332c-45f3-a650-59b9bc8296ba', '2026-10-29 01:12:43.211589+00', 'member', NULL, '2026-11-28 01:12:52.248857+00', '2026-11-28 01:12:52.46235+00', NULL);
INSERT INTO public.membership VALUES (6, '2d8f7f1d-e4fb-495e-909b-25701fefb546', '76e2dcd2-332c-45f3-a650-59b9bc8296ba', '2026-11-28 01:12:51.864689+00', '2026-11-28 01:12:52.345284+00', false, NULL, '[]');
INSERT INTO public.meta VALUES ('hash_key_check', '536b22fac0180a4352845183b5f1dcc793876170486e9e88d464f31afa2d48c0');
INSERT INTO public.meta VALUES ('organization_id', 'd6bbaf98-9c8b-4bd5-b207-da5c065158aa');
INSERT INTO public.meta VALUES ('subscription_listed_at', '2026-11-28T01:12:44.659263+00:00');
INSERT INTO public.meta VALUES ('benefit_grant_listed_at', '2026-11-28T01:12:44.659263+00:00');
INSERT INTO public.meta VALUES ('member_listed_at', '2026-11-28T01:12:44.659263+00:00');
INSERT INTO public.meta VALUES ('clock_seen', '2026-11-28T01:13:04.057127+00:00');
INSERT INTO public.meta VALUES ('readyz.probe', '2026-11-28T01:13:09.774738+00:00');
INSERT INTO public.outbox VALUES (7, 'app', 'msg_dc5930230d664061a8426107a02f1db8', 'deletion.verified', 6, '2026-11-28 01:12:52.46235+00', '{"deletion_id": 6, "state": "verified", "reason": null, "event_at": "2026-11-28T01:12:50.650541+00:00", "received_at": "2026-11-28T01:12:51.202318+00:00", "ended_at": "2026-11-28T01:12:52.462350+00:00", "receipt_digest": "130e59b3b87d5fdd917155c1ada3ffc00cb9ab486578ccf0ddf9cabdfd91f941"}', 'member-1', 'pending', 2, '2026-11-28 01:13:06.83565+00', NULL, '127.0.0.1 refused the connection: does anything listen there?');
INSERT INTO public.outbox VALUES (3, 'app', 'msg_bad707139df24501a6341802eae6380e', 'deletion.needs_action', 5, '2026-11-28 01:12:51.405618+00', '{"deletion_id": 5, "state": "held", "reason": "customer 76e2dcd2-332c-45f3-a650-59b9bc8296ba is a team with 1 other person; they would lose subscription 398786fb-ed88-4d12-a4f5-5c1e459f69af: `polar-sync approve`, `cancel`, or `transfer`", "event_at": "2026-11-28T01:12:50.490533+00:00", "received_at": "2026-11-28T01:12:50.706662+00:00", "ended_at": null, "receipt_digest": null}', 'team-1', 'pending', 2, '2026-11-28 01:13:08.116837+00', NULL, '127.0.0.1 refused the connection: does anything listen there?');
INSERT INTO public.outbox VALUES (6, 'app', 'msg_155c3c4e0c0048ba9ec1e5b5da0fa74b', 'deletion.needs_action', 2, '2026-11-28 01:12:52.312543+00', '{"deletion_id": 2, "state": "incomplete", "reason": "the customer is gone, but these are not: subscription 2b68b073-6f91-4c17-b935-7703987934f7 (paused); end them at Polar, then `polar-sync retry`", "event_at": "2026-11-28T01:12:50.008018+00:00", "received_at": "2026-11-28T01:12:50.152725+00:00", "ended_at": null, "receipt_digest": null}', 'paused-1', 'pending', 2, '2026-11-28 01:13:07.035446+00', NULL, '127.0.0.1 refused the connection: does anything listen there?');
INSERT INTO public.outbox VALUES (1, 'app', 'msg_77212a97180e4cc7aa2fb4ac33381d2c', 'deletion.no_customer', 3, '2026-11-28 01:12:51.096277+00', '{"deletion_id": 3, "state": "no_customer", "reason": "Polar has no customer under this user''s external id, and the mirror no customer and no member (members were last listed at 2026-11-28T01:12:44+00:00)", "event_at": "2026-11-28T01:12:50.136796+00:00", "received_at": "2026-11-28T01:12:50.373861+00:00", "ended_at": "2026-11-28T01:12:51.096277+00:00", "receipt_digest": null}', 'nobody-1', 'pending', 2, '2026-11-28 01:13:07.440832+00', NULL, '127.0.0.1 refused the connection: does anything listen there?');
INSERT INTO public.outbox VALUES (2, 'app', 'msg_fec7efb5b8b94354963d49f716c8ae7c', 'deletion.superseded', 4, '2026-11-28 01:12:51.405618+00', '{"deletion_id": 4, "state": "superseded", "reason": "customer b890899f-9532-4143-9272-95fa98bdb871 was created after the event, so it is somebody who signed up again; if it must go as well, send a new user.deleted", "event_at": "2026-11-28T00:12:50.322760+00:00", "received_at": "2026-11-28T01:12:50.706662+00:00", "ended_at": "2026-11-28T01:12:51.405618+00:00", "receipt_digest": null}', 'again-1', 'pending', 2, '2026-11-28 01:13:07.224698+00', NULL, '127.0.0.1 refused the connection: does anything listen there?');
INSERT INTO public.outbox VALUES (5, 'app', 'msg_594f6b9e01e74900824eace375d4f044', 'deletion.no_customer', 7, '2026-11-28 01:12:51.864689+00', '{"deletion_id": 7, "state": "no_customer", "reason": "Polar has no customer under this user''s external id, and the mirror no customer and no member (members were last listed at 2026-11-28T01:12:44+00:00)", "event_at": "2026-11-28T01:12:50.955660+00:00", "received_at": "2026-11-28T01:12:51.202318+00:00", "ended_at": "2026-11-28T01:12:51.864689+00:00", "receipt_digest": null}', 'nobody-1', 'pending', 2, '2026-11-28 01:13:08.336131+00', NULL, '127.0.0.1 refused the connection: does anything listen there?');
INSERT INTO public.outbox VALUES (4, 'app', 'msg_17127d7558a041b4bc9155099934537a', 'deletion.verified', 1, '2026-11-28 01:12:51.514151+00', '{"deletion_id": 1, "state": "verified", "reason": null, "event_at": "2026-11-28T01:12:49.924964+00:00", "received_at": "2026-11-28T01:12:50.027082+00:00", "ended_at": "2026-11-28T01:12:51.514151+00:00", "receipt_digest": "2ecdeb6ad3c38faa6805db43ca298567f70e8374e850ac2d290fc268239f0550"}', 'verified-1', 'pending', 2, '2026-11-28 01:13:09.033828+00', NULL, '127.0.0.1 refused the connection: does anything listen there?');
INSERT INTO public.outbox VALUES (11, 'app', 'msg_13b0d9e39f544761a240a44851774096', 'deletion.canceled', 10, '2026-11-28 01:13:00.023264+00', '{"deletion_id": 10, "state": "canceled", "reason": null, "event_at": "2026-11-28T01:12:57.744842+00:00", "received_at": "2026-11-28T01:12:57.995758+00:00", "ended_at": "2026-11-28T01:13:00.023264+00:00", "receipt_digest": null}', 'held-3', 'pending', 0, '2026-11-28 01:13:00.023264+00', NULL, NULL);
INSERT INTO public.outbox VALUES (8, 'app', 'msg_2cbe071f41524b79a2d4922de55e52c0', 'deletion.needs_action', 8, '2026-11-28 01:12:58.293379+00', '{"deletion_id": 8, "state": "held", "reason": "the brake tripped: 1 deletions within an hour, 1 allowed (MAX_DELETIONS_PER_HOUR); `polar-sync approve` or `polar-sync cancel`", "event_at": "2026-11-28T01:12:57.487522+00:00", "received_at": "2026-11-28T01:12:57.638011+00:00", "ended_at": null, "receipt_digest": null}', 'held-1', 'pending', 1, '2026-11-28 01:13:04.800572+00', NULL, '127.0.0.1 refused the connection: does anything listen there?');
INSERT INTO public.outbox VALUES (9, 'app', 'msg_c5574d2bbd674bf58a245997736ff984', 'deletion.needs_action', 9, '2026-11-28 01:12:58.379938+00', '{"deletion_id": 9, "state": "held", "reason": "the brake tripped: 1 deletions within an hour, 1 allowed (MAX_DELETIONS_PER_HOUR); `polar-sync approve` or `polar-sync cancel`", "event_at": "2026-11-28T01:12:57.551415+00:00", "received_at": "2026-11-28T01:12:57.995758+00:00", "ended_at": null, "receipt_digest": null}', 'held-2', 'pending', 1, '2026-11-28 01:13:04.69615+00', NULL, '127.0.0.1 refused the connection: does anything listen there?');
INSERT INTO public.outbox VALUES (10, 'app', 'msg_abd6b52e8cd34d599f74b678c546d066', 'deletion.needs_action', 10, '2026-11-28 01:12:58.411194+00', '{"deletion_id": 10, "state": "held", "reason": "the brake tripped: 1 deletions within an hour, 1 allowed (MAX_DELETIONS_PER_HOUR); `polar-sync approve` or `polar-sync cancel`", "event_at": "2026-11-28T01:12:57.744842+00:00", "received_at": "2026-11-28T01:12:57.995758+00:00", "ended_at": null, "receipt_digest": null}', 'held-3', 'pending', 1, '2026-11-28 01:13:05.124155+00', NULL, '127.0.0.1 refused the connection: does anything listen there?');
INSERT INTO public.outbox VALUES (12, 'app', 'msg_6645b28449b84552bce15355faa0cf77', 'deletion.needs_action', 2, '2026-11-28 01:13:05.532074+00', '{"deletion_id": 2, "state": "blocked", "reason": "GET was answered 401: the token is not accepted: set POLAR_ACCESS_TOKEN to a valid one; if it is valid, the organization''s API access is switched off, which Polar''s support can tell", "event_at": "2026-11-28T01:12:50.008018+00:00", "received_at": "2026-11-28T01:12:50.152725+00:00", "ended_at": null, "receipt_digest": null}', 'paused-1', 'pending', 0, '2026-11-28 01:13:05.532074+00', NULL, NULL);
INSERT INTO public.profile VALUES (1, '9c1f1c1ed471e86b2974680be521694f04d71801be3ae87afd197c688a857aac', 'living-1', NULL, NULL, 'new-1@people.example', '2026-11-28 01:13:05.239475+00', 'New', '2026-11-28 01:13:05.239475+00', NULL, false, '2026-11-28 01:13:05.42878+00', 'pending', NULL, NULL, NULL, 0, '2026-11-28 01:13:05.42878+00', NULL, NULL, NULL);
INSERT INTO public.reconciliation VALUES (1, NULL, NULL, NULL, '2026-11-28 01:12:44.831797+00');
INSERT INTO public.refused_event VALUES (1, 12, 'user.deleted', 'd0ff066ed9988344fab98467e0997f256cabc25ce28ef1e7a285c0bbe7af7026', '2026-11-28 01:12:50.95566+00', '2026-11-28 01:12:51.168205+00', '2026-11-28 01:12:51.333292+00', 1);
INSERT INTO public.subscription VALUES ('2026-10-29 01:12:43.190147+00', '2026-11-28 01:12:44.668907+00', '', 'api', '2026-11-28 01:12:44.719271+00', '44bbf4af-0bea-4f4b-b967-65f18f79dfa4', '1f6b328b-8620-446c-94bd-decad2132f2c', '2026-10-29 01:12:43.190147+00', 'active', 'e43f9077-e497-4424-82d5-bb6475079f50', 1000, 'usd', 'month', '2026-11-28 01:12:43.190147+00', false, NULL, NULL, NULL, '2026-10-29 01:12:43.190147+00', NULL, NULL);
INSERT INTO public.subscription VALUES ('2026-10-29 01:12:43.177229+00', '2026-11-28 01:12:44.668907+00', '', 'api', '2026-11-28 01:12:44.719271+00', 'bb2fae28-ac02-437b-b26c-b915e154cf31', 'a4c84db9-4449-47e2-96ee-6cca60ef573f', '2026-10-29 01:12:43.177229+00', 'active', 'e43f9077-e497-4424-82d5-bb6475079f50', 1000, 'usd', 'month', '2026-11-28 01:12:43.177229+00', false, NULL, NULL, NULL, '2026-10-29 01:12:43.177229+00', NULL, NULL);
INSERT INTO public.subscription VALUES ('2026-10-29 01:12:43.17347+00', '2026-11-28 01:12:44.668907+00', '', 'api', '2026-11-28 01:12:44.719271+00', 'caed8045-9507-4751-abc5-b809e8aef18f', '24a18efb-fac3-4ab9-963a-440549392f8c', '2026-10-29 01:12:43.17347+00', 'active', 'e43f9077-e497-4424-82d5-bb6475079f50', 1000, 'usd', 'month', '2026-11-28 01:12:43.17347+00', false, NULL, NULL, NULL, '2026-10-29 01:12:43.17347+00', NULL, NULL);
INSERT INTO public.subscription VALUES ('2026-10-29 01:12:43.171924+00', '2026-11-28 01:12:44.668907+00', '', 'api', '2026-11-28 01:12:44.719271+00', 'a5628654-1e49-49b6-8b8e-33b502df7c2a', '4418f6e3-b898-453c-a383-d073f271d592', '2026-10-29 01:12:43.171924+00', 'active', 'e43f9077-e497-4424-82d5-bb6475079f50', 1000, 'usd', 'month', '2026-11-28 01:12:43.171924+00', false, NULL, NULL, NULL, '2026-10-29 01:12:43.171924+00', NULL, NULL);
INSERT INTO public.subscription VALUES ('2026-10-29 01:12:43.211589+00', '2026-11-28 01:12:51.226271+00', '', 'api', '2026-11-28 01:12:51.405618+00', '398786fb-ed88-4d12-a4f5-5c1e459f69af', '76e2dcd2-332c-45f3-a650-59b9bc8296ba', '2026-10-29 01:12:43.211589+00', 'active', 'e43f9077-e497-4424-82d5-bb6475079f50', 1000, 'usd', 'month', '2026-11-28 01:12:43.211589+00', false, NULL, NULL, NULL, '2026-10-29 01:12:43.211589+00', NULL, NULL);
INSERT INTO public.subscription VALUES ('2026-11-28 01:12:51.010936+00', '2026-11-28 01:12:51.72724+00', '', 'api', '2026-11-28 01:12:51.933018+00', '63c11bf5-64fa-4877-9d64-83094f1652bc', 'd6f87d4b-838a-495a-b37b-d7de821e3e23', '2026-10-29 01:12:43.19564+00', 'canceled', 'e43f9077-e497-4424-82d5-bb6475079f50', 1000, 'usd', 'month', '2026-11-28 01:12:43.19564+00', false, '2026-11-28 01:12:51.010936+00', '2026-11-28 01:12:51.010936+00', '2026-11-28 01:12:51.010936+00', '2026-10-29 01:12:43.19564+00', NULL, NULL);
INSERT INTO public.subscription VALUES ('2026-10-29 01:12:43.19853+00', '2026-11-28 01:12:58.001396+00', '', 'api', '2026-11-28 01:12:58.110713+00', 'd783ebf6-01b2-4eee-bd8f-4f001d000027', '707e5519-68fb-4b02-9e67-604178db2f19', '2026-10-29 01:12:43.19853+00', 'active', 'e43f9077-e497-4424-82d5-bb6475079f50', 1000, 'usd', 'month', '2026-11-28 01:12:43.19853+00', false, NULL, NULL, NULL, '2026-10-29 01:12:43.19853+00', NULL, NULL);
INSERT INTO public.subscription VALUES ('2026-10-29 01:12:43.203726+00', '2026-11-28 01:12:58.218178+00', '', 'api', '2026-11-28 01:12:58.316475+00', 'f9dc0534-0a43-4c2a-9b79-a42d2c317d2f', '3552a888-ddeb-4f1f-b049-b75b333a4a49', '2026-10-29 01:12:43.203726+00', 'active', 'e43f9077-e497-4424-82d5-bb6475079f50', 1000, 'usd', 'month', '2026-11-28 01:12:43.203726+00', false, NULL, NULL, NULL, '2026-10-29 01:12:43.203726+00', NULL, NULL);
INSERT INTO public.subscription VALUES ('2026-10-29 01:12:43.199801+00', '2026-11-28 01:12:58.218178+00', '', 'api', '2026-11-28 01:12:58.316475+00', '39a389ee-a65c-4fb0-af77-d47f9490256d', '1b4d5b3f-9056-4b98-9b38-f8ee8905f966', '2026-10-29 01:12:43.199801+00', 'active', 'e43f9077-e497-4424-82d5-bb6475079f50', 1000, 'usd', 'month', '2026-11-28 01:12:43.199801+00', false, NULL, NULL, NULL, '2026-10-29 01:12:43.199801+00', NULL, NULL);
INSERT INTO public.subscription VALUES ('2026-10-29 01:12:43.197233+00', '2026-11-28 01:13:04.415218+00', '', 'api', '2026-11-28 01:13:04.805676+00', '2b68b073-6f91-4c17-b935-7703987934f7', 'f9648a10-276b-4a31-b648-d5d621c10746', '2026-10-29 01:12:43.197233+00', 'paused', 'e43f9077-e497-4424-82d5-bb6475079f50', 1000, 'usd', 'month', '2026-11-28 01:12:43.197233+00', false, NULL, NULL, NULL, '2026-10-29 01:12:43.197233+00', NULL, NULL);
INSERT INTO public.subscription VALUES ('2026-10-29 01:12:43.162053+00', '2026-11-28 01:13:04.901374+00', '', 'api', '2026-11-28 01:13:04.989332+00', '4846213c-be5e-4dfb-bed7-742070e381e9', 'ebcc85e1-1599-4ae0-8d53-54eb06b70815', '2026-10-29 01:12:43.162053+00', 'active', 'e43f9077-e497-4424-82d5-bb6475079f50', 1000, 'usd', 'month', '2026-11-28 01:12:43.162053+00', false, NULL, NULL, NULL, '2026-10-29 01:12:43.162053+00', NULL, NULL);
SELECT pg_catalog.setval('public.budget_id_seq', 1, false);
SELECT pg_catalog.setval('public.deletion_id_seq', 12, true);
SELECT pg_catalog.setval('public.evidence_id_seq', 60, true);
SELECT pg_catalog.setval('public.inbox_id_seq', 37, true);
SELECT pg_catalog.setval('public.outbox_id_seq', 12, true);
SELECT pg_catalog.setval('public.profile_id_seq', 1, true);
SELECT pg_catalog.setval('public.reconciliation_id_seq', 1, false);
SELECT pg_catalog.setval('public.refused_event_id_seq', 1, true);
ALTER TABLE ONLY public.alembic_version
    ADD CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num);
ALTER TABLE ONLY public.benefit_grant
    ADD CONSTRAINT benefit_grant_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.budget
    ADD CONSTRAINT budget_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.counter
    ADD CONSTRAINT counter_pkey PRIMARY KEY (name, labels);
ALTER TABLE ONLY public.customer
    ADD CONSTRAINT customer_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.customer_seat
    ADD CONSTRAINT customer_seat_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.deletion
    ADD CONSTRAINT deletion_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.evidence
    ADD CONSTRAINT evidence_deletion_id_seq_key UNIQUE (deletion_id, seq);
ALTER TABLE ONLY public.evidence
    ADD CONSTRAINT evidence_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.inbox
    ADD CONSTRAINT inbox_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.inbox
    ADD CONSTRAINT inbox_source_webhook_id_key UNIQUE (source, webhook_id);
ALTER TABLE ONLY public.mapping
    ADD CONSTRAINT mapping_pkey PRIMARY KEY (user_id);
ALTER TABLE ONLY public.member
    ADD CONSTRAINT member_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.membership
    ADD CONSTRAINT membership_pkey PRIMARY KEY (deletion_id, member_id);
ALTER TABLE ONLY public.meta
    ADD CONSTRAINT meta_pkey PRIMARY KEY (name);
ALTER TABLE ONLY public.outbox
    ADD CONSTRAINT outbox_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.outbox
    ADD CONSTRAINT outbox_webhook_id_key UNIQUE (webhook_id);
ALTER TABLE ONLY public.profile
    ADD CONSTRAINT profile_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.profile
    ADD CONSTRAINT profile_user_hash_key UNIQUE (user_hash);
ALTER TABLE ONLY public.reconciliation
    ADD CONSTRAINT reconciliation_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.refused_event
    ADD CONSTRAINT refused_event_first_id_event_type_user_hash_key UNIQUE (first_id, event_type, user_hash);
ALTER TABLE ONLY public.refused_event
    ADD CONSTRAINT refused_event_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.subscription
    ADD CONSTRAINT subscription_pkey PRIMARY KEY (id);
CREATE INDEX ix_benefit_grant_created_at ON public.benefit_grant USING btree (created_at);
CREATE INDEX ix_benefit_grant_customer_id ON public.benefit_grant USING btree (customer_id);
CREATE INDEX ix_benefit_grant_not_kept ON public.benefit_grant USING btree (id) WHERE (not_kept IS NOT NULL);
CREATE INDEX ix_customer_created_at ON public.customer USING btree (created_at);
CREATE INDEX ix_customer_external_id ON public.customer USING btree (external_id);
CREATE INDEX ix_customer_not_kept ON public.customer USING btree (id) WHERE (not_kept IS NOT NULL);
CREATE INDEX ix_customer_seat_customer_id ON public.customer_seat USING btree (customer_id);
CREATE INDEX ix_customer_seat_member_id ON public.customer_seat USING btree (member_id);
CREATE INDEX ix_customer_seat_not_kept ON public.customer_seat USING btree (id) WHERE (not_kept IS NOT NULL);
CREATE INDEX ix_customer_seat_subscription_id ON public.customer_seat USING btree (subscription_id);
CREATE INDEX ix_deletion_customer_id ON public.deletion USING btree (customer_id);
CREATE INDEX ix_deletion_delete_sent_at ON public.deletion USING btree (delete_sent_at);
CREATE INDEX ix_deletion_due ON public.deletion USING btree (next_attempt_at) WHERE (next_attempt_at IS NOT NULL);
CREATE INDEX ix_deletion_external_hash ON public.deletion USING btree (external_hash);
CREATE INDEX ix_deletion_removable ON public.deletion USING btree (state, ended_at) WHERE ((state)::text = ANY ((ARRAY['verified'::character varying, 'no_customer'::character varying, 'canceled'::character varying])::text[]));
CREATE INDEX ix_deletion_state ON public.deletion USING btree (state, id);
CREATE INDEX ix_deletion_user_hash ON public.deletion USING btree (user_hash);
CREATE INDEX ix_inbox_customer_id ON public.inbox USING btree (customer_id);
CREATE INDEX ix_inbox_ignored ON public.inbox USING btree (event_type, received_at) WHERE (((source)::text = 'app'::text) AND ((status)::text = 'ignored'::text));
CREATE INDEX ix_inbox_member_id ON public.inbox USING btree (member_id) WHERE (member_id IS NOT NULL);
CREATE INDEX ix_inbox_open ON public.inbox USING btree (status, id) WHERE ((status)::text = ANY ((ARRAY['pending'::character varying, 'dead'::character varying])::text[]));
CREATE INDEX ix_inbox_payload ON public.inbox USING btree (applied_at) WHERE (((status)::text = 'applied'::text) AND (body IS NOT NULL));
CREATE INDEX ix_inbox_user_hash ON public.inbox USING btree (user_hash);
CREATE INDEX ix_mapping_customer_id ON public.mapping USING btree (customer_id);
CREATE INDEX ix_mapping_external_id ON public.mapping USING btree (external_id);
CREATE INDEX ix_member_created_at ON public.member USING btree (created_at);
CREATE INDEX ix_member_customer_id ON public.member USING btree (customer_id);
CREATE INDEX ix_member_external_id ON public.member USING btree (external_id);
CREATE INDEX ix_member_not_kept ON public.member USING btree (id) WHERE (not_kept IS NOT NULL);
CREATE INDEX ix_membership_member_id ON public.membership USING btree (member_id);
CREATE INDEX ix_outbox_deletion_id ON public.outbox USING btree (deletion_id);
CREATE INDEX ix_outbox_open ON public.outbox USING btree (status, next_attempt_at) WHERE ((status)::text = ANY ((ARRAY['pending'::character varying, 'dead'::character varying])::text[]));
CREATE INDEX ix_profile_changed_at ON public.profile USING btree (changed_at);
CREATE INDEX ix_profile_open ON public.profile USING btree (status, next_attempt_at) WHERE ((status)::text = ANY ((ARRAY['pending'::character varying, 'dead'::character varying])::text[]));
CREATE INDEX ix_refused_event_user_hash ON public.refused_event USING btree (user_hash);
CREATE INDEX ix_subscription_customer_id ON public.subscription USING btree (customer_id);
CREATE INDEX ix_subscription_not_kept ON public.subscription USING btree (id) WHERE (not_kept IS NOT NULL);
CREATE INDEX ix_subscription_started_at ON public.subscription USING btree (started_at);
