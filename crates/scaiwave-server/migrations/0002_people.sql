-- What people say about themselves, and who signs in at an identity provider.
ALTER TABLE participants ADD COLUMN email TEXT;
ALTER TABLE participants ADD COLUMN avatar_url TEXT;
ALTER TABLE participants ADD COLUMN bio TEXT;
-- presence set by hand
ALTER TABLE participants ADD COLUMN presence TEXT;
-- JSON of scaiwave-wire's Preferences; NULL is the defaults
ALTER TABLE participants ADD COLUMN preferences TEXT;
ALTER TABLE participants ADD COLUMN oidc_issuer TEXT;
ALTER TABLE participants ADD COLUMN oidc_subject TEXT;
CREATE UNIQUE INDEX participants_oidc ON participants (oidc_issuer, oidc_subject) WHERE oidc_subject IS NOT NULL;
