import { Module } from '@nestjs/common';
import { ReviewCommentsService } from '#features/review/review-comments.service';
import { ReviewsService } from '#features/review/reviews.service';
import { RowVersionsService } from '#features/review/row-versions.service';

const SERVICES = [ReviewsService, ReviewCommentsService, RowVersionsService];

/** What people decide on and say about results. Expects HotPool of `halogen_api` from its app. */
@Module({ providers: SERVICES, exports: SERVICES })
export class ReviewModule {}
